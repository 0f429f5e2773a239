/** Sentences for handshakes that fail: whose certificate it was, what it covers, what can be done about it. */
import { RoundtripError } from '@roundtrip/errors'
import type { CertificateFacts } from './certificate.ts'

interface Attempt {
  readonly protocols: readonly string[]
  readonly timedOut: boolean
}

/** The failure of a handshake that did not come to its end. */
export const tlsFailure = (error: unknown, { protocols, timedOut }: Attempt): RoundtripError => {
  const { code, message } = error as NodeJS.ErrnoException
  const failed = (sentence: string): RoundtripError => new RoundtripError('TLS_FAILED', sentence, { cause: error })
  if (timedOut) return failed('The TLS handshake did not finish in time.')
  if (/NO_APPLICATION_PROTOCOL/.test(code ?? '')) {
    return protocolRefused(protocols, error)
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code ?? '')) {
    return failed('The server did not answer in TLS; perhaps this port speaks plain HTTP.')
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') return failed('The server closed the connection during the handshake.')
  return failed(`The TLS handshake failed: ${code ?? message}.`)
}

export const protocolRefused = (protocols: readonly string[], cause?: unknown): RoundtripError =>
  new RoundtripError(
    'TLS_FAILED',
    `The server speaks none of the protocols that were offered (ALPN: ${protocols.join(', ')}).`,
    { cause },
  )

/** @param reason the code of OpenSSL's verification, or Node's for a name that does not match */
export const certificateFailure = (
  reason: string,
  host: string,
  certificates: readonly CertificateFacts[],
): RoundtripError => {
  const leaf = certificates[0]
  const top = certificates.at(-1)
  const refused = (sentence: string): RoundtripError =>
    new RoundtripError('CERTIFICATE_NOT_TRUSTED', sentence, { details: { reason } })
  switch (reason) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return new RoundtripError(
        'CERTIFICATE_NAME_MISMATCH',
        `The certificate is not for ${host}: it covers ${leaf?.names.join(', ') || (leaf?.subject ?? 'no name')}.`,
      )
    case 'CERT_HAS_EXPIRED':
      return refused(`The certificate has expired: ${expired(certificates)}.`)
    case 'CERT_NOT_YET_VALID':
      return refused('The certificate is not valid yet; look at the clocks of both sides.')
    default:
      return refused(
        `The certificate is not trusted (${reason}): no certificate authority known here issued it` +
          ` (${top?.issuer ?? 'unknown issuer'}). Name the right one with --cacert FILE.`,
      )
  }
}

const expired = (certificates: readonly CertificateFacts[]): string =>
  certificates
    .filter(({ daysLeft }) => daysLeft < 0)
    .map(({ subject, validTo }) => `${subject} on ${validTo.slice(0, 10)}`)
    .join(', ')
