/** The application tier as a process. */
import { runService } from '@roundtrip/service'
import { appSettings } from './config.ts'
import { startApp } from './start.ts'

await runService({ name: 'app', settings: appSettings, start: startApp }, process.env)
