/** The head of a request as it goes to a next hop (RFC 9112 §3), in one string. */
import type { Fields, HttpRequest } from '@roundtrip/http'
import { announcedBytes, checkField, checkTarget, endToEndOf, isForwarded } from './forwarded-request.ts'

/** Methods whose absent content is said to be absent (RFC 9110 §8.6). */
const anticipatesContent = new Set(['POST', 'PUT', 'PATCH'])

/** Exactly one way to tell where the content ends (RFC 9112 §6.3), or none when there is none. */
const framingLine = ({ method, fields, body }: HttpRequest): string => {
  if (body === undefined) return anticipatesContent.has(method) ? 'content-length: 0\r\n' : ''
  const bytes = announcedBytes(fields)
  return bytes === undefined ? 'transfer-encoding: chunked\r\n' : `content-length: ${bytes}\r\n`
}

const fieldLines = (fields: Fields): string => {
  const { flat } = fields
  let lines = ''
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? ''
    if (!isForwarded(name)) continue
    const value = flat[i + 1] ?? ''
    checkField(name, value)
    lines += `${name}: ${value}\r\n`
  }
  return lines
}

/**
 * @param closes whether the connection shall not be used again
 * @throws RoundtripError `BAD_REQUEST` when a part cannot be put on the wire without changing its meaning
 */
export const requestHead = (request: HttpRequest, closes: boolean): string => {
  const { method, target, authority } = request
  checkTarget(request)
  const connection = closes ? 'connection: close\r\n' : ''
  return `${method} ${target} HTTP/1.1\r\nhost: ${authority}\r\n${fieldLines(endToEndOf(request))}${connection}${framingLine(request)}\r\n`
}
