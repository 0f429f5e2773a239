/** Who a client is by its verified certificate: its subject, and its SPIFFE id where it has one (SPIFFE X509-SVID §2). */
import type { TLSSocket } from 'node:tls'
import type { ClientIdentity } from '@roundtrip/http'

/** Undefined when the client sent no certificate, or one that nobody we trust vouches for. */
export const clientIdentityOf = (socket: TLSSocket): ClientIdentity | undefined => {
  if (!socket.authorized) return undefined
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  const spiffeId = spiffeIdOf(certificate.subjectAltName)
  return {
    // node puts one attribute on each line.
    subject: certificate.subject.trimEnd().replaceAll('\n', ','),
    fingerprint: certificate.fingerprint256,
    certificate: certificate.raw,
    ...(spiffeId !== undefined && { spiffeId }),
  }
}

/** A certificate with more than one URI is no SVID, and it is unclear which of them is meant. */
const spiffeIdOf = (alternativeNames: string | undefined): string | undefined => {
  const uris = (alternativeNames ?? '').split(', ').filter((entry) => entry.startsWith('URI:'))
  const [uri] = uris
  return uris.length === 1 && uri?.startsWith('URI:spiffe://') === true ? uri.slice('URI:'.length) : undefined
}
