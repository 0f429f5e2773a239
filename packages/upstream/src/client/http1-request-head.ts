/** The head of a request as it goes to a next hop (RFC 9112 §3), in one string. */
import { remembered, type Fields, type HttpRequest } from '@roundtrip/http'
import { announcedBytes, checkName, checkTarget, checkValue, endToEndOf, isForwarded } from './forwarded-request.ts'

/** Methods whose absent content is said to be absent (RFC 9110 §8.6). */
const anticipatesContent = new Set(['POST', 'PUT', 'PATCH'])

/** Exactly one way to tell where the content ends (RFC 9112 §6.3), or none when there is none. */
const framingLine = ({ method, fields, body }: HttpRequest): string => {
  if (body === undefined) return anticipatesContent.has(method) ? '\r\ncontent-length: 0' : ''
  const bytes = announcedBytes(fields)
  return bytes === undefined ? '\r\ntransfer-encoding: chunked' : `\r\ncontent-length: ${bytes}`
}

/** What stands before the value of a forwarded field, the end of the line above included; empty for one that is not. */
const beforeValue = remembered((name) => {
  if (!isForwarded(name)) return ''
  checkName(name)
  return `\r\n${name}: `
})

const fieldLines = (fields: Fields): string => {
  const { flat } = fields
  let lines = ''
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? ''
    const before = beforeValue(name)
    if (before === '') continue
    const value = flat[i + 1] ?? ''
    checkValue(name, value)
    lines += before
    lines += value
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
  const connection = closes ? '\r\nconnection: close' : ''
  return `${method} ${target} HTTP/1.1\r\nhost: ${authority}${fieldLines(endToEndOf(request))}${connection}${framingLine(request)}\r\n\r\n`
}
