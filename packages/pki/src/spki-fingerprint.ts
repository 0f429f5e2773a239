/** The hash by which a browser pins a key: SHA-256 of SubjectPublicKeyInfo (RFC 7469 §2.4). */
import { createHash, X509Certificate } from 'node:crypto'

/** Base64, of the first certificate in the PEM text; for Chromium's `--ignore-certificate-errors-spki-list`. */
export const spkiFingerprint = (pem: string): string =>
  createHash('sha256')
    .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')
