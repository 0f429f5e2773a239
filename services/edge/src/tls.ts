/** What the edge presents and accepts in a TLS handshake (RFC 8446, RFC 5246; suites as in RFC 9325 §4.2). */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { SecureContextOptions } from 'node:tls'
import { RoundtripError } from '@roundtrip/errors'

/** TLS 1.3 suites, then those of TLS 1.2 that have forward secrecy and authenticated encryption. */
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

export interface CertificateFiles {
  readonly certificateFile: string
  readonly keyFile: string
}

/** @throws RoundtripError `SETTINGS_INVALID` naming the setting whose file is missing, not PEM, or not the other's match */
export const loadTls = ({ certificateFile, keyFile }: CertificateFiles): SecureContextOptions => {
  const cert = read('EDGE_CERTIFICATE_FILE', certificateFile)
  const key = read('EDGE_KEY_FILE', keyFile)
  const certificate = parse('EDGE_CERTIFICATE_FILE', certificateFile, () => new X509Certificate(cert))
  const privateKey = parse('EDGE_KEY_FILE', keyFile, () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw invalid('EDGE_KEY_FILE', keyFile, `is not the key of the certificate in ${certificateFile}`)
  }
  return { cert, key, ciphers, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', honorCipherOrder: true }
}

const invalid = (variable: string, file: string, problem: string, cause?: unknown): RoundtripError =>
  new RoundtripError('SETTINGS_INVALID', `${variable}=${JSON.stringify(file)} ${problem}.`, { cause })

const read = (variable: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw invalid(variable, file, `cannot be read (${(error as Error).message})`, error)
  }
}

const parse = <T>(variable: string, file: string, make: () => T): T => {
  try {
    return make()
  } catch (error) {
    throw invalid(variable, file, 'does not hold what it should in PEM form', error)
  }
}
