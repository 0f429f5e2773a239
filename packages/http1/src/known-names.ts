/** Field names that most messages have: recognised as they were sent, they need neither checking nor lower-casing. */

const lowerCase = [
  'accept accept-charset accept-encoding accept-language accept-ranges access-control-allow-credentials',
  'access-control-allow-headers access-control-allow-methods access-control-allow-origin',
  'access-control-expose-headers access-control-max-age access-control-request-headers',
  'access-control-request-method age allow alt-svc authorization cache-control cache-status cdn-cache-control',
  'connection content-disposition content-encoding content-language content-length content-location content-range',
  'content-security-policy content-type cookie cross-origin-opener-policy cross-origin-resource-policy date dnt etag',
  'expect expires forwarded from host if-match if-modified-since if-none-match if-range if-unmodified-since',
  'keep-alive last-modified link location origin permissions-policy pragma priority proxy-authenticate',
  'proxy-authorization proxy-connection range ratelimit ratelimit-policy referer referrer-policy retry-after',
  'sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user',
  'server server-timing set-cookie strict-transport-security surrogate-control surrogate-key te traceparent tracestate',
  'trailer transfer-encoding upgrade upgrade-insecure-requests user-agent vary via www-authenticate x-cache',
  'x-content-type-options x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-frame-options',
  'x-powered-by x-real-ip x-request-id x-requested-with',
].flatMap((names) => names.split(' '))

const capitalised = (name: string): string => name.replaceAll(/(?:^|-)[a-z]/g, (start) => start.toUpperCase())

/** From the usual ways to write a name to its lower case. Fixed: nothing a client sends is ever added. */
export const knownNames: ReadonlyMap<string, string> = new Map(
  lowerCase.flatMap((name) => [
    [name, name],
    [capitalised(name), name],
  ]),
)

interface Spelling {
  readonly text: string
  readonly name: string
}

/** A power of two, a few times the number of spellings. */
const places = 1024

const placeOf = (length: number, first: number, last: number): number =>
  (length * 67 + first * 29 + last * 7) & (places - 1)

/** By length and ends: to look a text up in a Map, V8 would hash it and intern it first. */
const spellings: readonly (readonly Spelling[])[] = (() => {
  const table = Array.from({ length: places }, (): Spelling[] => [])
  for (const [text, name] of knownNames) {
    table[placeOf(text.length, text.charCodeAt(0), text.charCodeAt(text.length - 1))]?.push({ text, name })
  }
  return table
})()

/** The lower case of the name that stands from `start` to `end`, when it is one of the known in one of the usual spellings. */
export const knownNameAt = (head: string, start: number, end: number): string | undefined => {
  if (end <= start) return undefined
  const candidates = spellings[placeOf(end - start, head.charCodeAt(start), head.charCodeAt(end - 1))]
  if (candidates === undefined) return undefined
  for (const { text, name } of candidates) {
    if (text.length === end - start && head.startsWith(text, start)) return name
  }
  return undefined
}
