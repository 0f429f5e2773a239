/** Settings of the DNS server, prefix `DNS`. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

export const dnsSettings = Type.Object({
  host: setting.host({ description: 'address to answer on, UDP and TCP', default: '127.0.0.1' }),
  port: setting.port({ description: 'port to answer on, UDP and TCP', default: 5300 }),
  zoneFiles: setting.list({ description: 'zone files (RFC 1035 §5) to be authoritative for' }),
  tcpIdleTimeoutMs: setting.durationMs({
    description: 'how long a TCP connection may go without completing a query',
    default: 10_000,
  }),
  tcpMaxConnections: setting.count({
    description: 'TCP connections at a time; one more closes the one idle for longest',
    minimum: 1,
    default: 256,
  }),
})

export type DnsSettings = Readonly<Static<typeof dnsSettings>>
