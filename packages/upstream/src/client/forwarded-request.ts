/** What of a request is sent on to a next hop, and that it can be, whatever protocol carries it (RFC 9110 §7.6). */
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

/** What the transport writes itself, and what concerns the other connection only (RFC 9110 §7.6.1). The edge has answered an expectation (§10.1.1). */
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

/** Whether a field of a request goes to the next hop as it is. */
export const isForwarded = (name: string): boolean => !notForwarded.has(name)

/** The fields without those that the client's Connection field names. */
export const endToEndOf = ({ fields }: HttpRequest): Fields =>
  fields.has('connection') ? stripHopByHop(fields.clone()) : fields

/**
 * Checked again, whoever wrote the parts: one CR or LF here would be a request of somebody else's making.
 *
 * @throws RoundtripError `BAD_REQUEST`
 */
export const checkName = (name: string): void => {
  if (!isFieldName(name)) refuse('A field name holds a character that is not allowed.')
}

/** @throws RoundtripError `BAD_REQUEST` */
export const checkValue = (name: string, value: string): void => {
  if (!isFieldValue(value)) refuse(`The field ${name} holds a character that is not allowed.`)
}

/** @throws RoundtripError `BAD_REQUEST` */
export const checkTarget = ({ method, target, authority }: HttpRequest): void => {
  if (!isMethod(method)) refuse('The method holds a character that is not allowed.')
  if (!isTarget(target)) refuse('The request target must be a path, percent-encoded and without a fragment.')
  if (!isAuthority(authority)) refuse('The request names no valid host.')
}
