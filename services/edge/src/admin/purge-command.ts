/** What an operator wants purged, out of the JSON that says so. */
import { RoundtripError } from '@roundtrip/errors'
import type { PurgeCommand } from '@roundtrip/http-cache'
import { requestUrl, urlText } from './request-url.ts'

const badRequest = (detail: string): RoundtripError => new RoundtripError('BAD_REQUEST', detail)

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** Scheme and port that go without saying are left out, as they are in the cache. */
const hostOf = (value: string): string => {
  const url = URL.parse(`https://${value}`)
  if (url === null || url.host === '' || url.pathname !== '/' || /[/?#@\s]/.test(value))
    throw badRequest(`${value} is no host: write one such as www.example.com.`)
  return url.port === '80' ? url.hostname : url.host
}

/** @throws RoundtripError `BAD_REQUEST` */
export const purgeCommand = (body: Readonly<Record<string, unknown>>): PurgeCommand => {
  const { soft = false, ...what } = body
  const [[kind, value] = ['', undefined], second] = Object.entries(what)
  if (typeof soft === 'boolean' && second === undefined) {
    if (kind === 'url' && isText(value)) return { soft, url: urlText(requestUrl(value)) }
    if (kind === 'prefix' && isText(value)) return { soft, prefix: urlText(requestUrl(value)) }
    if (kind === 'host' && isText(value)) return { soft, host: hostOf(value) }
    if (kind === 'surrogateKeys' && Array.isArray(value) && value.length > 0 && value.every(isText))
      return { soft, surrogateKeys: value }
  }
  throw badRequest(
    'Say one thing to purge: {"url": …}, {"prefix": …}, {"host": …} or {"surrogateKeys": […]}, and "soft": true if need be.',
  )
}
