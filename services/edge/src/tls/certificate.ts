/** A certificate with its key, read from files as one: a pair that does not match is never used (RFC 5280). */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
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

const environmentNames: SettingNames = { certificateFile: 'EDGE_CERTIFICATE_FILE', keyFile: 'EDGE_KEY_FILE' }

/** @throws RoundtripError `SETTINGS_INVALID` naming the setting whose file is missing, not PEM, or not the other's match */
export const loadCertificate = (
  { certificateFile, keyFile }: CertificateFiles,
  names: SettingNames = environmentNames,
): Certificate => {
  const cert = readPem(names.certificateFile, certificateFile)
  const key = keyFile === certificateFile ? cert : readPem(names.keyFile, keyFile)
  const leaf = parse(names.certificateFile, certificateFile, () => new X509Certificate(cert))
  const privateKey = parse(names.keyFile, keyFile, () => createPrivateKey(key))
  if (!leaf.checkPrivateKey(privateKey)) {
    throw invalid(names.keyFile, keyFile, `is not the key of the certificate in ${certificateFile}`)
  }
  return {
    cert,
    key,
    names: dnsNamesOf(leaf),
    fingerprint: leaf.fingerprint256,
    expiresAt: leaf.validToDate.getTime(),
  }
}

/** @throws RoundtripError `SETTINGS_INVALID` when the file cannot be read or holds no certificate */
export const loadAuthorities = (setting: string, file: string): string => {
  const pem = readPem(setting, file)
  parse(setting, file, () => new X509Certificate(pem))
  return pem
}

const invalid = (setting: string, file: string, problem: string, cause?: unknown): RoundtripError =>
  new RoundtripError('SETTINGS_INVALID', `${setting}=${JSON.stringify(file)} ${problem}.`, { cause })

const readPem = (setting: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw invalid(setting, file, `cannot be read (${(error as Error).message})`, error)
  }
}

const parse = <T>(setting: string, file: string, make: () => T): T => {
  try {
    return make()
  } catch (error) {
    throw invalid(setting, file, 'does not hold what it should in PEM form', error)
  }
}

/** Clients look at subjectAltName alone (RFC 9525 §6.3). */
const dnsNamesOf = (leaf: X509Certificate): string[] =>
  (leaf.subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('DNS:'))
    .map((entry) => entry.slice('DNS:'.length).toLowerCase())
