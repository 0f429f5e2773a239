/** The head of a request as it goes to a next hop (RFC 9112 §3), in one string. */
import { RoundtripError } from '@roundtrip/errors'
import {
  isAuthority,
  isFieldName,
  isFieldValue,
  isMethod,
  isTarget,
  stripHopByHop,
  type Fields,
  type HttpRequest,
} from '@roundtrip/http'

/** What is written here or concerns the other connection only (RFC 9110 §7.6.1). The edge has answered an expectation itself (§10.1.1). */
const notForwarded = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'proxy-authenticate',
  'proxy-authorization',
  'expect',
  'host',
  'content-length',
])

/** Methods whose absent content is said to be absent (RFC 9110 §8.6). */
const anticipatesContent = new Set(['POST', 'PUT', 'PATCH'])

const maxLengthDigits = 15
const decimal = /^\d+$/

const refuse = (sentence: string): never => {
  throw new RoundtripError('BAD_REQUEST', sentence)
}

/**
 * Octets of content that the request announces; undefined when it announces none.
 *
 * @throws RoundtripError `BAD_REQUEST` when that is no number
 */
export const announcedBytes = (fields: Fields): number | undefined => {
  const announced = fields.get('content-length')
  if (announced === undefined) return undefined
  if (announced.length > maxLengthDigits || !decimal.test(announced)) refuse('Content-Length is not a number.')
  return Number(announced)
}

/** Exactly one way to tell where the content ends (RFC 9112 §6.3), or none when there is none. */
const framingLine = ({ method, fields, body }: HttpRequest): string => {
  if (body === undefined) return anticipatesContent.has(method) ? 'content-length: 0\r\n' : ''
  const bytes = announcedBytes(fields)
  return bytes === undefined ? 'transfer-encoding: chunked\r\n' : `content-length: ${bytes}\r\n`
}

/** Checked again, whoever wrote the parts: one CR or LF here would be a request of somebody else's making. */
const fieldLines = (fields: Fields): string => {
  const { flat } = fields
  let lines = ''
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? ''
    if (notForwarded.has(name)) continue
    const value = flat[i + 1] ?? ''
    if (!isFieldName(name)) refuse('A field name holds a character that is not allowed.')
    if (!isFieldValue(value)) refuse(`The field ${name} holds a character that is not allowed.`)
    lines += `${name}: ${value}\r\n`
  }
  return lines
}

/**
 * @param closes whether the connection shall not be used again
 * @throws RoundtripError `BAD_REQUEST` when a part cannot be put on the wire without changing its meaning
 */
export const requestHead = (request: HttpRequest, closes: boolean): string => {
  const { method, target, authority, fields } = request
  if (!isMethod(method)) refuse('The method holds a character that is not allowed.')
  if (!isTarget(target)) refuse('The request target must be a path, percent-encoded and without a fragment.')
  if (!isAuthority(authority)) refuse('The request names no valid host.')
  const forwarded = fields.has('connection') ? stripHopByHop(fields.clone()) : fields
  const connection = closes ? 'connection: close\r\n' : ''
  return `${method} ${target} HTTP/1.1\r\nhost: ${authority}\r\n${fieldLines(forwarded)}${connection}${framingLine(request)}\r\n`
}
