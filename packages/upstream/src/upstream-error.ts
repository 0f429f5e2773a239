/** From what went wrong with a next hop to our codes: whose fault it was, and whether anything had been sent. */
import { RoundtripError, type ErrorCode } from '@roundtrip/errors'

/** How far an exchange had come when it failed. */
export interface Progress {
  readonly member: string
  /** Whether any octet of the request may have reached the member. */
  readonly sent: boolean
}

const isConnectTimeout = (code: string): boolean => code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT'
const isSilence = (code: string): boolean => code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT'
const isNotHttp = ({ name, code }: NodeJS.ErrnoException): boolean =>
  name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
/** The client's own message cannot be sent on: characters undici refuses, or content that is not as long as it said. */
const isClientsFault = (code: string): boolean =>
  code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' || code === 'UND_ERR_NOT_SUPPORTED'
/** The request's content ended before its end, without an error of its own. */
const isCutShort = (code: string): boolean => code === 'UND_ERR_ABORTED'

const codeOf = (error: NodeJS.ErrnoException, sent: boolean): ErrorCode => {
  const { code = '' } = error
  if (isClientsFault(code)) return 'BAD_REQUEST'
  if (isCutShort(code)) return 'CLIENT_CLOSED_REQUEST'
  if (isConnectTimeout(code)) return 'CONNECT_TIMEOUT'
  if (isSilence(code)) return 'UPSTREAM_TIMEOUT'
  if (isNotHttp(error)) return 'UPSTREAM_INVALID'
  return sent ? 'UPSTREAM_RESET' : 'UPSTREAM_UNREACHABLE'
}

/** An error of our own (too large, client gone) stays what it is. Details: `member`, `sent`. */
export const upstreamError = (error: Error, { member, sent }: Progress): RoundtripError => {
  if (error instanceof RoundtripError) return error
  return new RoundtripError(codeOf(error, sent), undefined, { cause: error, details: { member, sent } })
}

/** Whether the request certainly never reached the next hop, so that anyone else may be given it. */
export const wasNeverSent = (error: RoundtripError): boolean => error.details['sent'] === false
