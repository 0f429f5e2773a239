/** The head of a request as it goes to a next hop over HTTP/2 (RFC 9113 §8.3.1). */
import type { HttpRequest } from '@roundtrip/http'
import { announcedBytes, checkName, checkTarget, checkValue, endToEndOf, isForwarded } from './forwarded-request.ts'

/**
 * @returns flat, as node's `request` takes it
 * @throws RoundtripError `BAD_REQUEST` when a part cannot be sent without changing its meaning
 */
export const http2Head = (request: HttpRequest, scheme: 'http' | 'https'): string[] => {
  const { method, target, authority, fields, body } = request
  checkTarget(request)
  const head = [':method', method, ':scheme', scheme, ':authority', authority, ':path', target]
  const { flat } = endToEndOf(request)
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? ''
    if (!isForwarded(name)) continue
    const value = flat[i + 1] ?? ''
    checkName(name)
    checkValue(name, value)
    head.push(name, value)
  }
  const bytes = body === undefined ? undefined : announcedBytes(fields)
  if (bytes !== undefined) head.push('content-length', String(bytes))
  return head
}
