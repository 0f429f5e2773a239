/** Tells next hops the verified certificate of the client (RFC 9440), and nothing that a client made up. */
import { dropCertificates, type HttpLayer } from '@roundtrip/http'

export interface ClientCertificateFieldOptions {
  /** Whether the certificate is handed on. A client's own claims are dropped in any case. */
  readonly forward: boolean
}

export const clientCertificateField =
  ({ forward }: ClientCertificateFieldOptions): HttpLayer =>
  (next) =>
  (request, context) => {
    dropCertificates(request.fields)
    const client = context.downstream.tls?.client
    // A byte sequence of structured fields: base64 of the DER octets between colons (RFC 9440 §2.2).
    if (forward && client !== undefined) {
      request.fields.set('client-cert', `:${Buffer.from(client.certificate).toString('base64')}:`)
    }
    return next(request, context)
  }
