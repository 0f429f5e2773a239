/** What an operator may say about TLS on the public side (RFC 8446, RFC 5246). */
import { defaultsOf } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

const path = (description: string) => Type.String({ minLength: 1, description })

const certificateFiles = Type.Object(
  {
    certificateFile: path('PEM file with the certificate, then its intermediates'),
    keyFile: path('PEM file with the key of the certificate; may be the same file'),
  },
  { additionalProperties: false },
)

const clientCertificates = Type.Object(
  {
    mode: Type.Union([Type.Literal('off'), Type.Literal('request'), Type.Literal('require')], {
      description: 'whether clients are asked for a certificate, and whether those without a valid one are turned away',
      default: 'off',
    }),
    caFile: Type.Optional(path('PEM file with the authorities that vouch for clients')),
    forward: Type.Boolean({
      description: 'whether next hops are told the verified certificate, as Client-Cert (RFC 9440)',
      default: false,
    }),
  },
  { additionalProperties: false },
)

/** Certificates besides the one that `EDGE_CERTIFICATE_FILE` names, which answers where no other fits. */
export const tlsSettings = Type.Object(
  {
    certificates: Type.Array(certificateFiles, {
      description: 'further certificates, chosen by the names in them, wildcards included',
      default: [],
    }),
    strictSni: Type.Boolean({
      description:
        'whether a client that asks for a name in none of the certificates, or for no name, is turned away with a TLS alert',
      default: false,
    }),
    clientCertificates: Type.Object(clientCertificates.properties, {
      additionalProperties: false,
      description: 'certificates of clients (mutual TLS)',
      default: { mode: 'off', forward: false },
    }),
    ticketRotationMs: Type.Integer({
      minimum: 60_000,
      // RFC 8446 §4.6.1: no ticket lives longer than seven days.
      maximum: 604_800_000,
      description:
        'how long session tickets are made with one key, in milliseconds; a client with an older one does a full handshake',
      default: 43_200_000,
    }),
  },
  { additionalProperties: false },
)

export type TlsSettings = Readonly<Static<typeof tlsSettings>>

/** For whoever has no settings file. */
export const defaultTlsSettings: TlsSettings = defaultsOf(tlsSettings)
