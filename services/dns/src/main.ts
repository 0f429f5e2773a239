/** The DNS server as a process. */
import { runService } from '@roundtrip/service'
import { dnsSettings } from './config.ts'
import { startDns } from './start.ts'

await runService({ name: 'dns', settings: dnsSettings, start: startDns }, process.env)
