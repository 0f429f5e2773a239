/** From what went wrong with a next hop to our codes: whose fault it was, and whether anything had been sent. */
import { RoundtripError, type ErrorCode } from '@roundtrip/errors'

/** How far an exchange had come when it failed. */
export interface Progress {
  readonly member: string
  /** Whether any octet of the request may have reached the member. */
  readonly sent: boolean
  /** Whether its connection had carried another exchange before and no octet of an answer came: it may have been closed just then. */
  readonly reused?: boolean
}

/** Names of OpenSSL's verification errors as node passes them on; all others with these prefixes are failed handshakes. */
const untrusted = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
])

const isTls = (code: string): boolean => code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO'

const codeOf = (code: string, sent: boolean): ErrorCode => {
  if (untrusted.has(code)) return 'CERTIFICATE_NOT_TRUSTED'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'CERTIFICATE_NAME_MISMATCH'
  if (!sent && code === 'ETIMEDOUT') return 'CONNECT_TIMEOUT'
  if (!sent && isTls(code)) return 'TLS_FAILED'
  return sent ? 'UPSTREAM_RESET' : 'UPSTREAM_UNREACHABLE'
}

/**
 * An error of the connection as one of ours; one of ours stays what it is, but for the details that a retry needs.
 * Details: `member`, `sent`, `reused`.
 */
export const upstreamError = (error: Error, progress: Progress): RoundtripError => {
  if (!(error instanceof RoundtripError)) {
    const { code = '' } = error as NodeJS.ErrnoException
    return new RoundtripError(codeOf(code, progress.sent), undefined, { cause: error, details: { ...progress } })
  }
  if (error.source !== 'upstream') return error
  const { code, message, cause, details } = error
  return new RoundtripError(code, message, { cause, details: { ...details, ...progress } })
}

/** An exchange that ended before the member was given anything of it. */
export const unsent = (member: string, code: ErrorCode, sentence?: string): RoundtripError =>
  upstreamError(new RoundtripError(code, sentence), { member, sent: false })

export const queuedTooLong = (member: string): RoundtripError =>
  unsent(member, 'UPSTREAM_TIMEOUT', 'No connection to the next hop became free in time.')

export const closedHere = (member: string): RoundtripError =>
  unsent(member, 'UPSTREAM_UNREACHABLE', 'The connections to the next hop were closed on this side.')

/** Whether the request certainly never reached the next hop, so that anyone else may be given it. */
export const wasNeverSent = (error: RoundtripError): boolean => error.details['sent'] === false

/** Whether a kept connection broke before any answer: most likely closed while idle, so that the member itself is not to blame. */
export const wasClosedWhileIdle = (error: RoundtripError): boolean =>
  error.code === 'UPSTREAM_RESET' && error.details['reused'] === true
