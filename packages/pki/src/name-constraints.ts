/** The NameConstraints extension (RFC 5280 §4.2.1.10), which @peculiar/x509 does not build. */
import { Extension } from './x509.ts'

const nameConstraintsOid = '2.5.29.30'

const tags = { sequence: 0x30, permittedSubtrees: 0xa0, dnsName: 0x82, ipAddress: 0x87 } as const

/** Loopback, as address and mask: 127.0.0.0/8 and ::1/128. */
const loopback = [
  Buffer.from([127, 0, 0, 0, 255, 0, 0, 0]),
  Buffer.concat([Buffer.alloc(15), Buffer.from([1]), Buffer.alloc(16, 0xff)]),
]

/** DER tag, length and value (X.690 §8.1). */
const der = (tag: number, value: Buffer): Buffer => {
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value])
  const length = Buffer.from([0x82, value.length >> 8, value.length & 0xff])
  const shortest = value.length < 0x1_00 ? Buffer.from([0x81, value.length]) : length
  return Buffer.concat([Buffer.from([tag]), shortest, value])
}

/** Critical: permits these domains with everything below them, and loopback addresses. */
export const nameConstraints = (domains: readonly string[]): Extension => {
  const names = domains.map((domain) => der(tags.dnsName, Buffer.from(domain, 'ascii')))
  const addresses = loopback.map((range) => der(tags.ipAddress, range))
  const subtrees = [...names, ...addresses].map((base) => der(tags.sequence, base))
  const value = der(tags.sequence, der(tags.permittedSubtrees, Buffer.concat(subtrees)))
  return new Extension(nameConstraintsOid, true, new Uint8Array(value))
}
