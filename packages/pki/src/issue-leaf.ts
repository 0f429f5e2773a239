/** Short-lived certificates (RFC 5280, names per RFC 6125 §6.4 in subjectAltName only). */
import { algorithm, clockSkewMs, generateKeys, privateKeyPem, type Authority } from './authority.ts'
import { defaultLeafLifetimeMs } from './leaf-lifetime.ts'
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

export interface LeafRequest {
  /** Host names. */
  readonly names: readonly string[]
  /** IP addresses in text form. */
  readonly ips?: readonly string[]
  /** For workloads that know each other by SPIFFE id (X509-SVID §2): `spiffe://roundtrip.test/edge`. */
  readonly spiffeId?: string
  /** Which side of a handshake it is for. `server` by default. */
  readonly usage?: 'server' | 'client'
  /** One day by default. */
  readonly lifetimeMs?: number
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
}

export interface Leaf {
  /** The leaf followed by the authority: what a TLS server presents. */
  readonly chainPem: string
  readonly keyPem: string
}

/** Issues a certificate with a new P-256 key. */
export const issueLeaf = async (authority: Authority, request: LeafRequest): Promise<Leaf> => {
  const { names, ips = [], spiffeId, usage = 'server', lifetimeMs = defaultLeafLifetimeMs, clock = Date.now } = request
  const keys = await generateKeys()
  const now = clock()
  const leaf = await X509CertificateGenerator.create({
    // Clients look at subjectAltName alone; the common name is for people.
    subject: `CN=${names[0] ?? ips[0] ?? spiffeId ?? 'roundtrip'}`,
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(now - clockSkewMs),
    notAfter: new Date(now + lifetimeMs),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([usage === 'server' ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        ...ips.map((value) => ({ type: 'ip' as const, value })),
        ...(spiffeId === undefined ? [] : [{ type: 'url' as const, value: spiffeId }]),
      ]),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  })
  const chain = [leaf, authority.certificate].map((certificate) => certificate.toString('pem'))
  return { chainPem: `${chain.join('\n')}\n`, keyPem: privateKeyPem(keys.privateKey) }
}
