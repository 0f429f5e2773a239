/** What there is to say about each phase, as short pieces that a layout may break between. */
import { cachedBy } from './cached-by.ts'
import { hostPort } from './connect.ts'
import type { CertificateFacts } from './certificate.ts'
import { totalMs, type PhaseName } from './phases.ts'
import type { TierSpan } from './tiers.ts'
import type { NameFacts, TlsFacts, Trace } from './trace.ts'

/** Text of others, made harmless: an escape sequence in a certificate or header must not reach the terminal. */
export const printable = (text: string): string => text.replaceAll(/\p{C}/gu, '�')

/** Two decimals, so that a column can be added up by eye. */
export const milliseconds = (ms: number): string => ms.toFixed(2)

/** `812 B`, `12.3 kB`: thousands, as browsers count. */
export const byteSize = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1e6) return `${(bytes / 1000).toFixed(1)} kB`
  return `${(bytes / 1e6).toFixed(1)} MB`
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

export const detailsOf = (phase: PhaseName, trace: Trace): string[] => {
  switch (phase) {
    case 'url':
      return [...trace.notes]
    case 'name':
      return trace.name === undefined ? [] : nameDetails(trace.name)
    case 'connect':
      return connectDetails(trace)
    case 'tls':
      return trace.tls === undefined ? [] : tlsDetails(trace.tls)
    case 'request':
      return requestDetails(trace)
    case 'wait':
      return waitDetails(trace)
    case 'transfer':
      return transferDetails(trace)
  }
}

const nameDetails = (name: NameFacts): string[] => {
  const ttl = name.ttlSeconds === undefined ? [] : [`TTL ${name.ttlSeconds} s`]
  const addresses = [...name.aliases.map((alias) => `alias of ${printable(alias)}`), name.addresses.join(', ')]
  switch (name.source) {
    case 'literal':
      return ['the URL has the address']
    case 'loopback':
      return [...addresses, 'loopback by RFC 6761']
    case 'system':
      return [...addresses, 'system resolver', 'TTL unknown']
    case 'cache':
      return [...addresses, 'cached', `${ttl[0] ?? ''} left`]
    case 'dns':
      return [
        ...addresses,
        `DNS ${name.server ?? ''} ${name.transport ?? ''}`.trim(),
        ...ttl,
        ...(name.authoritative === true ? ['authoritative'] : []),
      ]
  }
}

const connectDetails = ({ connect = [] }: Trace): string[] =>
  connect.map(({ address, port, durationMs, failure }) =>
    failure === undefined
      ? hostPort(address, port)
      : `${hostPort(address, port)} ${failure} after ${milliseconds(durationMs)} ms`,
  )

const tlsDetails = (tls: TlsFacts): string[] => {
  const [leaf, ...issuers] = tls.certificates
  const top = tls.certificates.at(-1)
  return [
    tls.protocol,
    tls.cipher,
    ...(tls.keyExchange === undefined ? [] : [tls.keyExchange]),
    `ALPN ${tls.alpn ?? 'none'}`,
    tls.resumed ? 'session resumed' : 'new session',
    ...(leaf === undefined ? [] : [`${printable(leaf.subject)}, ${timeLeft(leaf)}`]),
    ...issuers.map((issuer) => `by ${printable(issuer.subject)}, ${timeLeft(issuer)}`),
    // The root is known to this client only, and a resumed session has no more than the leaf.
    ...(top === undefined || top.subject === top.issuer ? [] : [`by ${printable(top.issuer)}`]),
  ]
}

/** Those of the stack live for a day. */
const timeLeft = ({ daysLeft: days, hoursLeft }: CertificateFacts): string => {
  if (days < 0) return 'expired'
  if (days < 2) return `${hoursLeft} h left`
  return days < 2 * 365 ? `${days} d left` : `${Math.floor(days / 365)} y left`
}

const requestDetails = ({ request }: Trace): string[] => [
  `${request.method}, ${plural(request.fieldCount, 'field')}`,
  ...(request.bodyBytes === 0 ? [] : [`${byteSize(request.bodyBytes)} of content`]),
]

const waitDetails = (trace: Trace): string[] => {
  const answered = cachedBy(trace)
  return [
    'until the first byte',
    ...(answered === undefined ? [] : [`cache hit at ${printable(answered)}`]),
    ...(trace.serverTiming.length === 0 ? ['no Server-Timing reported'] : []),
  ]
}

const transferDetails = ({ response }: Trace): string[] => {
  if (response === undefined) return []
  const coding = response.fields.get('content-encoding')
  return [`${byteSize(response.bodyBytes)}${coding === undefined ? '' : ` ${printable(coding)}`}`]
}

/** @param hasInner whether something was reported inside it, so that its own time differs from its time */
export const tierDetails = (span: TierSpan, hasInner: boolean): string[] => [
  ...(span.description === undefined ? [] : [printable(span.description)]),
  ...(span.by === undefined ? [] : [`by ${printable(span.by)}`]),
  ...(hasInner ? [`${milliseconds(span.selfMs)} itself`] : []),
  ...(span.reportedMs - span.durationMs > 0.005 ? [`reported ${milliseconds(span.reportedMs)}`] : []),
]

/** Status line of the response: `200 OK`, `HTTP/2`, type, size. */
export const responseDetails = ({ response }: Trace): string[] => {
  if (response === undefined) return []
  const type = response.fields.get('content-type')
  return [
    printable(`${response.status} ${response.statusText}`.trim()),
    `HTTP/${response.httpVersion}`,
    ...(type === undefined ? [] : [printable(type)]),
    byteSize(response.bodyBytes),
  ]
}

/** Where a redirect leads, absolute; undefined when the response is none (RFC 9110 §15.4). */
export const redirectOf = ({ response, request }: Trace): string | undefined => {
  const location = response?.fields.get('location')
  if (response === undefined || location === undefined || response.status < 300 || response.status > 399)
    return undefined
  return URL.parse(location, request.url)?.href ?? printable(location)
}

/** How much of the wall time the phases account for, in per cent. */
export const coverage = ({ phases, wallMs }: Trace): number => (wallMs > 0 ? (totalMs(phases) / wallMs) * 100 : 100)
