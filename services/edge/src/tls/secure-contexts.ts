/** What the edge presents and accepts in a TLS handshake (RFC 8446, RFC 5246; suites as in RFC 9325 §4.2). */
import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { Certificate } from './certificate.ts'
import { chooseByName } from './choose-by-name.ts'
import { sessionIdContext } from './ticket-keys.ts'

/** TLS 1.3 suites, then those of TLS 1.2 that have forward secrecy and authenticated encryption; none has CBC. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** The first is safe against a quantum computer of later years (draft-ietf-tls-ecdhe-mlkem), where the client has it too. */
const groups = 'X25519MLKEM768:X25519:P-256:P-384'

/** Renegotiation costs a server much and a client little (CVE-2011-1473); a phone without AES instructions may ask for ChaCha20 first. */
const secureOptions =
  constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_PRIORITIZE_CHACHA

/** One context's options. Early data (0-RTT, RFC 8446 §8) stays off: OpenSSL takes none unless told how much. */
export const secureOptionsOf = ({ cert, key }: Certificate, ca: string | undefined): SecureContextOptions => ({
  cert,
  key,
  ...(ca !== undefined && { ca }),
  ciphers,
  ecdhCurve: groups,
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  honorCipherOrder: true,
  secureOptions,
  sessionIdContext,
})

/** By server name; undefined where none of the certificates has it. */
export const contextsByName = (
  certificates: readonly Certificate[],
  ca: string | undefined,
): ((serverName: string) => SecureContext | undefined) =>
  chooseByName(
    certificates.map((certificate) => ({
      names: certificate.names,
      value: createSecureContext(secureOptionsOf(certificate, ca)),
    })),
  )
