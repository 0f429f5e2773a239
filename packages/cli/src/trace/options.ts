/** The options of `roundtrip trace`, and what their texts mean. */
import { isIPv6 } from 'node:net'
import { RoundtripError } from '@roundtrip/errors'
import type { Options } from '../command.ts'
import type { Protocol } from './handshake.ts'
import type { DnsServer } from './resolve.ts'

export const traceOptions = {
  method: { type: 'string', short: 'X', value: 'METHOD', description: 'GET, or POST when there is --data' },
  header: {
    type: 'string',
    short: 'H',
    multiple: true,
    value: 'FIELD',
    description: "a header field, 'name: value'; may be given several times",
  },
  data: {
    type: 'string',
    short: 'd',
    value: 'TEXT',
    description: 'content of the request, @FILE for that of a file',
  },
  repeat: {
    type: 'string',
    short: 'n',
    value: 'N',
    description: 'the same request N times, cold then warm, and what that saved; 3 and more keep the connection',
  },
  'http1.1': { type: 'boolean', description: 'offer HTTP/1.1 only' },
  http2: { type: 'boolean', description: 'offer HTTP/2 only' },
  include: { type: 'boolean', short: 'i', description: 'show the header fields of the response as well' },
  json: { type: 'boolean', description: 'everything that was measured, as JSON' },
  mermaid: { type: 'boolean', description: 'a Mermaid sequence diagram of this request' },
  dns: { type: 'string', value: 'HOST[:PORT]', description: 'the DNS server to ask, in place of the usual one' },
  cacert: { type: 'string', value: 'FILE', description: 'trust these certificate authorities (PEM) and no others' },
  timeout: { type: 'string', value: 'MS', description: 'milliseconds for each request as a whole; default 10000' },
} as const satisfies Options

const usage = (sentence: string): RoundtripError => new RoundtripError('USAGE', sentence)

/** @throws RoundtripError `USAGE` when it is not a whole number within the limits */
export const wholeNumber = (option: string, text: string, minimum: number, maximum: number): number => {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (number >= minimum && number <= maximum) return number
  throw usage(`--${option} ${JSON.stringify(text)}: expected a whole number from ${minimum} to ${maximum}.`)
}

/** `127.0.0.1:5300`, `[::1]:53`, `ns.example`, `::1`; the port is 53 unless named. */
export const parseDnsServer = (text: string): DnsServer => {
  // An IPv6 address without a port needs no brackets.
  const [, bracketed, plain, port = '53'] = isIPv6(text) ? ['', text] : (hostAndPort.exec(text) ?? [])
  const host = bracketed ?? plain
  if (host === undefined || (bracketed !== undefined && !isIPv6(bracketed))) {
    throw usage(`--dns ${JSON.stringify(text)}: expected HOST or HOST:PORT.`)
  }
  return { host, port: wholeNumber('dns', port, 1, 65_535) }
}

const hostAndPort = /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d+))?$/

export interface ProtocolChoice {
  readonly http11: boolean
  readonly http2: boolean
  readonly scheme: 'http' | 'https'
}

/** What ALPN offers: HTTP/2 before HTTP/1.1, as browsers do, unless one is asked for. */
export const protocolsFor = ({ http11, http2, scheme }: ProtocolChoice): readonly Protocol[] => {
  if (http11 && http2) throw usage('--http1.1 and --http2 exclude each other.')
  if (http2 && scheme === 'http') throw usage('--http2 needs an https: URL; there is no ALPN without TLS.')
  if (http2) return ['h2']
  return http11 ? ['http/1.1'] : ['h2', 'http/1.1']
}
