/** A local certificate authority that may vouch for names below a few domains only (RFC 5280 §4.2.1.10). */
import { KeyObject, webcrypto } from 'node:crypto'
import { nameConstraints } from './name-constraints.ts'
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from './x509.ts'

export type KeyPair = webcrypto.CryptoKeyPair

export interface Authority {
  readonly certificate: X509Certificate
  readonly privateKey: webcrypto.CryptoKey
}

/** Signature algorithm of everything this authority issues: ECDSA over P-256 with SHA-256. */
export const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

const dayMs = 24 * 60 * 60 * 1000
const authorityLifetimeMs = 3650 * dayMs
/** A clock slightly behind ours must not find the certificate not valid yet. */
export const clockSkewMs = 5 * 60 * 1000

export interface AuthorityOptions {
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
  /** Domains it may vouch for, with everything below them. Loopback addresses are always allowed. */
  readonly domains?: readonly string[]
}

/** Domains of names that never leave the machine: `.test` and `.localhost` are reserved (RFC 6761). */
export const defaultDomains: readonly string[] = ['test', 'localhost']

/** Makes a new authority, valid for ten years. */
export const createAuthority = async (options: AuthorityOptions = {}): Promise<Authority> => {
  const { clock = Date.now, domains = defaultDomains } = options
  const keys = await generateKeys()
  const now = clock()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // A serial in the name tells the authorities of several stacks apart in a trust store.
    name: `CN=Roundtrip local CA ${webcrypto.randomUUID().slice(0, 8)}`,
    keys,
    notBefore: new Date(now - clockSkewMs),
    notAfter: new Date(now + authorityLifetimeMs),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      nameConstraints(domains),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate, privateKey: keys.privateKey }
}

/** An authority from what `ca.pem` and `ca.key` hold. */
export const importAuthority = async (certificatePem: string, keyPem: string): Promise<Authority> => {
  const der = Buffer.from(keyPem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  return {
    certificate: new X509Certificate(certificatePem),
    privateKey: await webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']),
  }
}

export const generateKeys = (): Promise<KeyPair> => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

/** PKCS #8 in PEM, as OpenSSL and node:tls read it. */
export const privateKeyPem = (key: webcrypto.CryptoKey): string =>
  KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' })
