/** A URL that an operator writes, as requests for it have it. */
import { RoundtripError } from '@roundtrip/errors'

export interface RequestUrl {
  readonly scheme: 'http' | 'https'
  /** In lower case, without the port that goes without saying. */
  readonly authority: string
  /** As written: what the cache holds is what clients wrote. */
  readonly target: string
}

/** Only visible ASCII gets into a request target. */
const isPlain = (text: string): boolean => /^[\x21-\x7e]*$/.test(text)

/** Path and query, as written: a parser would resolve dots and undo what clients may well send. */
const targetOf = (text: string, { pathname, search }: URL): string => {
  const [whole = ''] = text.split('#', 1)
  if (!isPlain(whole)) return pathname + search
  const rest = whole.slice(whole.indexOf('://') + 3)
  const from = rest.search(/[/?]/)
  const target = from === -1 ? '' : rest.slice(from)
  return target.startsWith('/') ? target : `/${target}`
}

/** @throws RoundtripError `BAD_REQUEST` */
export const requestUrl = (text: string): RequestUrl => {
  const trimmed = text.trim()
  const url = /^https?:\/\//i.test(trimmed) ? URL.parse(trimmed) : null
  if (url === null || url.username !== '' || url.password !== '')
    throw new RoundtripError('BAD_REQUEST', `${text} is not a URL: write it whole, such as https://www.example.com/.`)
  return { scheme: url.protocol === 'http:' ? 'http' : 'https', authority: url.host, target: targetOf(trimmed, url) }
}

export const urlText = ({ scheme, authority, target }: RequestUrl): string => `${scheme}://${authority}${target}`
