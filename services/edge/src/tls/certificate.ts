/** A certificate with its key, read from files as one: a pair that does not match is never used (RFC 5280). */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { RoundtripError } from '@roundtrip/errors'

/** The same file may hold both. */
export interface CertificateFiles {
  readonly certificateFile: string
  readonly keyFile: string
}

export interface Certificate {
  /** PEM: the leaf, then its intermediates. */
  readonly cert: string
  /** PEM. */
  readonly key: string
  /** DNS names in the certificate, in lower case; `*.` in front of some. */
  readonly names: readonly string[]
  /** SHA-256 of the leaf, colons between the octets. */
  readonly fingerprint: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** How the settings are called that name the files: for error messages. */
export type SettingNames = CertificateFiles

/** A file that cannot be used, and which setting names it. */
export class UnusableFile extends RoundtripError {
  readonly setting: string
  /** File and reason, without the setting. */
  readonly problem: string

  constructor(setting: string, file: string, reason: string, cause?: unknown) {
    super('SETTINGS_INVALID', `${setting}=${JSON.stringify(file)} ${reason}.`, { cause })
    this.setting = setting
    this.problem = `${file} ${reason}`
  }
}

const environmentNames: SettingNames = { certificateFile: 'EDGE_CERTIFICATE_FILE', keyFile: 'EDGE_KEY_FILE' }

/** @throws UnusableFile naming the setting whose file is missing, not PEM, refused by OpenSSL, or not the other's match */
export const loadCertificate = (
  { certificateFile, keyFile }: CertificateFiles,
  names: SettingNames = environmentNames,
): Certificate => {
  const cert = readPem(names.certificateFile, certificateFile)
  const key = keyFile === certificateFile ? cert : readPem(names.keyFile, keyFile)
  const leaf = parse(names.certificateFile, certificateFile, () => new X509Certificate(cert))
  const privateKey = parse(names.keyFile, keyFile, () => createPrivateKey(key))
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new UnusableFile(names.keyFile, keyFile, `is not the key of the certificate in ${certificateFile}`)
  }
  refuseWhatOpenSslDoes(names.certificateFile, certificateFile, { cert, key })
  return {
    cert,
    key,
    names: dnsNamesOf(leaf),
    fingerprint: leaf.fingerprint256,
    expiresAt: leaf.validToDate.getTime(),
  }
}

/** @throws UnusableFile when the file cannot be read or holds no certificate */
export const loadAuthorities = (setting: string, file: string): string => {
  const pem = readPem(setting, file)
  parse(setting, file, () => new X509Certificate(pem))
  return pem
}

const readPem = (setting: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UnusableFile(setting, file, `cannot be read (${(error as Error).message})`, error)
  }
}

const parse = <T>(setting: string, file: string, make: () => T): T => {
  try {
    return make()
  } catch (error) {
    throw new UnusableFile(setting, file, 'does not hold what it should in PEM form', error)
  }
}

/** Keys that are too short, an intermediate that is cut off: OpenSSL looks at more than the leaf. */
const refuseWhatOpenSslDoes = (setting: string, file: string, pair: Pick<Certificate, 'cert' | 'key'>): void => {
  try {
    createSecureContext(pair)
  } catch (error) {
    throw new UnusableFile(setting, file, `is refused by OpenSSL: ${(error as Error).message}`, error)
  }
}

/** Clients look at subjectAltName alone (RFC 9525 §6.3). */
const dnsNamesOf = (leaf: X509Certificate): string[] =>
  (leaf.subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('DNS:'))
    .map((entry) => entry.slice('DNS:'.length).toLowerCase())
