/** A certificate chain as a person wants to read it: for whom, by whom, how long (RFC 5280). */
import type { X509Certificate } from 'node:crypto'

export interface CertificateFacts {
  /** Common name of the subject, or all of it when there is none. */
  readonly subject: string
  readonly issuer: string
  /** DNS names and addresses of the subjectAltName extension. */
  readonly names: readonly string[]
  /** ISO 8601. */
  readonly validTo: string
  /** Whole days; negative when it has expired. */
  readonly daysLeft: number
  /** The same in whole hours. */
  readonly hoursLeft: number
}

const dayMs = 86_400_000
const hourMs = 3_600_000

/** A server may send more; nobody reads it. */
const maxChainLength = 10

const commonName = (distinguishedName: string): string =>
  /(?:^|\n)CN=(.+)/.exec(distinguishedName)?.[1] ?? distinguishedName.replaceAll('\n', ', ')

/** `DNS:a.test, IP Address:127.0.0.1` as a list; quoted entries hold characters that could mislead and stay quoted. */
const alternativeNames = (text: string | undefined): string[] =>
  (text ?? '').split(', ').flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? [])

const facts = (certificate: X509Certificate, nowMs: number): CertificateFacts => ({
  subject: commonName(certificate.subject),
  issuer: commonName(certificate.issuer),
  names: alternativeNames(certificate.subjectAltName),
  validTo: certificate.validToDate.toISOString(),
  daysLeft: Math.floor((certificate.validToDate.getTime() - nowMs) / dayMs),
  hoursLeft: Math.floor((certificate.validToDate.getTime() - nowMs) / hourMs),
})

/** @param nowMs wall-clock time, milliseconds since the epoch */
export const certificateChain = (leaf: X509Certificate | undefined, nowMs: number): CertificateFacts[] => {
  const chain: CertificateFacts[] = []
  for (let one = leaf; one !== undefined && chain.length < maxChainLength; one = one.issuerCertificate) {
    chain.push(facts(one, nowMs))
  }
  return chain
}
