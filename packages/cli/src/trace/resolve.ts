/** From a host name to addresses: an address in the URL, loopback names, one DNS server, or the system's resolver. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { parseName, query, sameName, type Message, type Name, type Rcode } from '@roundtrip/dns-wire'
import { RoundtripError } from '@roundtrip/errors'
import type { NameFacts } from './trace.ts'

/** @throws RoundtripError `NAME_NOT_FOUND` or `NAME_LOOKUP_FAILED` */
export type Resolver = (host: string, signal: AbortSignal) => Promise<NameFacts>

export interface DnsServer {
  readonly host: string
  readonly port: number
}

/** `localhost` and everything below it is this machine, whatever a DNS server says (RFC 6761 §6.3). */
export const isLoopbackName = (host: string): boolean => /(?:^|\.)localhost\.?$/i.test(host)

/** Hosts that need nobody to be asked, else the resolver given. */
export const resolverFor =
  (others: Resolver): Resolver =>
  async (host, signal) => {
    const address = host.replace(/^\[(.*)\]$/, '$1')
    if (isIP(address) !== 0) return { addresses: [address], source: 'literal', aliases: [] }
    if (isLoopbackName(host)) return { addresses: ['127.0.0.1', '::1'], source: 'loopback', aliases: [] }
    return others(host, signal)
  }

/** getaddrinfo: hosts file, caches and all. It tells neither a TTL nor who answered. */
export const systemResolver: Resolver = async (host, signal) => {
  try {
    const found = await Promise.race([abandoned(host, signal), lookup(host, { all: true, order: 'verbatim' })])
    return { addresses: found.map(({ address }) => address), source: 'system', aliases: [] }
  } catch (error) {
    if (error instanceof RoundtripError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTFOUND') {
      throw notFound(`The name ${host} has no address, says the resolver of this system (${code}).`, error)
    }
    throw new RoundtripError(
      'NAME_LOOKUP_FAILED',
      `The resolver of this system could not look up ${host} (${code ?? String(error)}).`,
      { cause: error },
    )
  }
}

/** getaddrinfo cannot be called off: its answer is left to come to nothing. */
const abandoned = (host: string, signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const giveUp = (): void => reject(noAnswer(host, 'the resolver of this system'))
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
  })

/** Asks one server for A and AAAA at once and takes what it says. */
export const dnsResolver =
  (server: DnsServer, timeoutMs: number): Resolver =>
  async (host, signal) => {
    const name = parseName(host)
    const where = `${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`
    const ask = (type: 'A' | 'AAAA') => query({ ...server, name, type, timeoutMs, signal, recursionDesired: true })
    const replies = await Promise.all([ask('A'), ask('AAAA')]).catch((error: unknown) => {
      throw signal.aborted ? noAnswer(host, `the DNS server ${where}`) : failed(host, where, error)
    })
    const [four, six] = replies.map(({ message }) => addressesOf(message, name))
    const answers = [...(four?.addresses ?? []), ...(six?.addresses ?? [])]
    const told = four?.addresses.length === 0 ? six : four
    if (told === undefined || answers.length === 0)
      throw nothingFound(
        replies.map(({ message }) => message.rcode),
        host,
        where,
      )
    return {
      addresses: answers,
      source: 'dns',
      server: where,
      transport: replies[0].transport,
      authoritative: replies[0].message.authoritative,
      ttlSeconds: Math.min(...[four, six].map((found) => found?.ttlSeconds ?? Infinity)),
      aliases: told.aliases,
    }
  }

interface Chain {
  readonly addresses: string[]
  readonly aliases: string[]
  /** The least on the way; undefined when there is no answer. */
  readonly ttlSeconds: number | undefined
}

/** Follows CNAMEs through the answer section (RFC 1034 §3.6.2). */
const addressesOf = ({ answers }: Message, asked: Name): Chain => {
  const aliases: string[] = []
  const ttls: number[] = []
  let name = asked
  // Each record is used once at most, so a loop of aliases ends.
  for (const record of answers) {
    if (record.type !== 'CNAME' || !sameName(record.name, name) || !('target' in record)) continue
    name = record.target
    aliases.push(withoutDot(name))
    ttls.push(record.ttlSeconds)
  }
  const addresses = answers.flatMap((record) => {
    if ((record.type !== 'A' && record.type !== 'AAAA') || !('address' in record)) return []
    if (!sameName(record.name, name)) return []
    ttls.push(record.ttlSeconds)
    return [record.address]
  })
  return { addresses, aliases, ttlSeconds: addresses.length === 0 ? undefined : Math.min(...ttls) }
}

const withoutDot = (name: Name): string => name.replace(/\.$/, '')

/** One family without an answer is everyday life; only when both are is there something to explain. */
const nothingFound = (rcodes: readonly Rcode[], host: string, where: string): RoundtripError => {
  const rcode = rcodes.find((one) => one !== 'NOERROR')
  switch (rcode) {
    case undefined:
      return notFound(`The name ${host} exists but has no address (NODATA), says the DNS server ${where}.`)
    case 'NXDOMAIN':
      return notFound(`The name ${host} does not exist (NXDOMAIN), says the DNS server ${where}.`)
    case 'REFUSED':
      return new RoundtripError(
        'NAME_LOOKUP_FAILED',
        `The DNS server ${where} does not answer for ${host} (REFUSED): the name lies outside its zones.`,
      )
    default:
      return new RoundtripError('NAME_LOOKUP_FAILED', `The DNS server ${where} answered ${rcode} for ${host}.`)
  }
}

const notFound = (sentence: string, cause?: unknown): RoundtripError =>
  new RoundtripError('NAME_NOT_FOUND', sentence, { cause })

const noAnswer = (host: string, who: string): RoundtripError =>
  new RoundtripError('NAME_LOOKUP_FAILED', `No answer for ${host} from ${who} in time.`)

const failed = (host: string, where: string, error: unknown): RoundtripError =>
  new RoundtripError(
    'NAME_LOOKUP_FAILED',
    `The DNS server ${where} could not be asked for ${host}: ${error instanceof Error ? error.message : String(error)}`,
    { cause: error },
  )
