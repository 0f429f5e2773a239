/** Short-lived server certificates (RFC 5280, names per RFC 6125 §6.4 in subjectAltName only). */
import { algorithm, clockSkewMs, generateKeys, privateKeyPem, type Authority } from './authority.ts'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from './x509.ts'

/** Seven days: a leaf is renewed at each start, so a lost key is worth little. */
export const leafLifetimeMs = 7 * 24 * 60 * 60 * 1000

export interface LeafRequest {
  /** Host names. */
  readonly names: readonly string[]
  /** IP addresses in text form. */
  readonly ips?: readonly string[]
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
}

export interface Leaf {
  /** The leaf followed by the authority: what a TLS server presents. */
  readonly chainPem: string
  readonly keyPem: string
}

/** Issues a certificate for TLS servers with a new P-256 key. */
export const issueLeaf = async (authority: Authority, request: LeafRequest): Promise<Leaf> => {
  const { names, ips = [], clock = Date.now } = request
  const keys = await generateKeys()
  const now = clock()
  const leaf = await X509CertificateGenerator.create({
    // Clients look at subjectAltName alone; the common name is for people.
    subject: `CN=${names[0] ?? ips[0] ?? 'roundtrip'}`,
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(now - clockSkewMs),
    notAfter: new Date(now + leafLifetimeMs),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        ...ips.map((value) => ({ type: 'ip' as const, value })),
      ]),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  })
  const chain = [leaf, authority.certificate].map((certificate) => certificate.toString('pem'))
  return { chainPem: `${chain.join('\n')}\n`, keyPem: privateKeyPem(keys.privateKey) }
}
