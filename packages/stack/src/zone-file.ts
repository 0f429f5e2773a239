/** The zone of the stack as a master file (RFC 1035 §5), rendered from its addresses. */
import type { Addresses } from './stack.ts'
import { instancesOf, zone } from './topology.ts'

/** Seconds a resolver may keep an answer: short, as edges come and go. */
const ttlSeconds = 60

const record = (owner: string, host: string): string => `${owner}\tIN\t${host.includes(':') ? 'AAAA' : 'A'}\t${host}`

/** @param serial of the SOA record; must grow with each change (RFC 1035 §3.3.13) */
export const renderZone = (addresses: Addresses, serial: number): string => {
  const hostOf = (name: string): string => addresses[name]?.host ?? '127.0.0.1'
  const edges = instancesOf('edge').map(({ name }) => name)
  return [
    `$ORIGIN ${zone}.`,
    `$TTL ${ttlSeconds}`,
    `@\tIN\tSOA\tns-1 hostmaster ( ${serial} 3600 600 86400 ${ttlSeconds} )`,
    '@\tIN\tNS\tns-1',
    record('ns-1', hostOf('dns')),
    ...edges.map((name) => record('@', hostOf(name))),
    ...edges.map((name) => record('www', hostOf(name))),
    ...edges.map((name) => record(name, hostOf(name))),
    'shop\tIN\tCNAME\twww',
    '@\tIN\tTXT\t"roundtrip: every answer from your own machine"',
    '',
  ].join('\n')
}
