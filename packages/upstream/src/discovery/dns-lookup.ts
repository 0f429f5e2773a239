/** Asks a resolver for the members behind a name: A and AAAA (RFC 1035, RFC 3596), or SRV (RFC 2782). */
import { getServers } from 'node:dns'
import { isIPv6 } from 'node:net'
import { query, type Message, type RecordType } from '@roundtrip/dns-wire'
import { RoundtripError } from '@roundtrip/errors'
import type { DnsSettings } from '../settings/pool-settings.ts'

export interface Endpoint {
  /** Scheme, host and port. */
  readonly origin: string
  readonly weight: number
}

export interface LookupResult {
  readonly endpoints: readonly Endpoint[]
  /** How long the answer may be kept. */
  readonly ttlMs: number
}

/** @throws RoundtripError when nothing can be said; an empty answer is one */
export type Lookup = (settings: DnsSettings) => Promise<LookupResult>

interface Resolver {
  readonly host: string
  readonly port?: number
}

/** `192.0.2.1`, `192.0.2.1:5300`, `[2001:db8::1]:5300`. */
const resolverOf = (server: string): Resolver => {
  const { host, port } = /^\[?(?<host>.+?)\]?(?::(?<port>\d+))?$/.exec(server)?.groups ?? {}
  if (isIPv6(server)) return { host: server }
  return { host: host ?? server, ...(port !== undefined && { port: Number(port) }) }
}

const ask = async (settings: DnsSettings, name: string, type: RecordType): Promise<Message> => {
  const server = settings.server ?? getServers()[0]
  if (server === undefined)
    throw new RoundtripError('NAME_LOOKUP_FAILED', 'No resolver is set, and the system has none.')
  const { timeoutMs } = settings
  const { message } = await query({ ...resolverOf(server), name, type, timeoutMs, recursionDesired: true })
  if (message.rcode === 'NOERROR' || message.rcode === 'NXDOMAIN') return message
  throw new RoundtripError('NAME_LOOKUP_FAILED', `The resolver answered ${message.rcode} for ${name}.`)
}

const bracketed = (host: string): string => (isIPv6(host) ? `[${host}]` : host)

const shortestTtl = (messages: readonly Message[]): number =>
  Math.min(Infinity, ...messages.flatMap(({ answers }) => answers.map(({ ttlSeconds }) => ttlSeconds))) * 1000

export const dnsLookup: Lookup = async (settings) =>
  settings.type === 'SRV' ? lookUpServices(settings) : lookUpAddresses(settings)

const lookUpAddresses = async (settings: DnsSettings): Promise<LookupResult> => {
  const { name, scheme, port } = settings
  const answers = await Promise.allSettled([ask(settings, name, 'A'), ask(settings, name, 'AAAA')])
  const messages = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  // Half an answer would have the members of the other family drained.
  const failed = answers.find((answer) => answer.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  const addresses = messages.flatMap((message) =>
    message.answers.flatMap((record) => (record.type === 'A' || record.type === 'AAAA' ? [record.address] : [])),
  )
  const endpoints = [...new Set(addresses)].map((address) => ({
    origin: new URL(`${scheme}://${bracketed(address)}:${port}`).origin,
    weight: 1,
  }))
  return { endpoints, ttlMs: shortestTtl(messages) }
}

/** Only the best priority takes part; weight 0 is a small share, and the root as target means that there is no such service, as the RFC wants. */
const lookUpServices = async (settings: DnsSettings): Promise<LookupResult> => {
  const message = await ask(settings, settings.name, 'SRV')
  const services = message.answers.flatMap((record) => (record.type === 'SRV' && record.target !== '.' ? [record] : []))
  const best = Math.min(...services.map(({ priority }) => priority))
  const endpoints = services
    .filter(({ priority }) => priority === best)
    .map(({ target, port, weight }) => ({
      origin: new URL(`${settings.scheme}://${target.replace(/\.$/, '')}:${port}`).origin,
      weight: Math.max(1, weight),
    }))
  return { endpoints, ttlMs: shortestTtl([message]) }
}
