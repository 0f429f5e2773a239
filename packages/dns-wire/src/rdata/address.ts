/** Addresses: A (RFC 1035 §3.4.1) and AAAA (RFC 3596 §2.2). */
import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import type { AddressData } from '../record.ts'
import { malformed } from '../wire-reader.ts'
import type { RdataCodec } from './codec.ts'
import { zoneProblem } from '../zone/rdata-fields.ts'

export const a: RdataCodec<AddressData<'A'>> = {
  decode: (reader, length) => {
    if (length !== 4) throw malformed(`an A record has ${length} octets of data, not 4`, reader.offset)
    return { type: 'A', address: `${reader.u8()}.${reader.u8()}.${reader.u8()}.${reader.u8()}` }
  },
  encode: (writer, { address }) => {
    for (const part of address.split('.')) writer.u8(Number(part))
  },
  parse: (fields) => {
    const { text, line } = fields.token('an IPv4 address')
    if (!isIPv4(text)) throw zoneProblem(line, `${JSON.stringify(text)} is not valid: expected an IPv4 address`)
    return { type: 'A', address: text }
  },
  format: ({ address }) => address,
}

/** The text form of RFC 5952, which the operating system's `inet_ntop` writes. */
const ipv6Text = (address: string): string => new SocketAddress({ family: 'ipv6', address }).address

/** The eight groups of an address, `::` filled up and a dotted tail (`::ffff:192.0.2.1`) turned into two groups. */
const ipv6Groups = (address: string): number[] => {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [first, second, third, fourth] = parts.slice(0, 4).map(Number) as [number, number, number, number]
    return `${((first << 8) | second).toString(16)}:${((third << 8) | fourth).toString(16)}`
  })
  const [head = [], tail] = hex.split('::').map((half) => half.split(':').filter(Boolean))
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16))
}

export const aaaa: RdataCodec<AddressData<'AAAA'>> = {
  decode: (reader, length) => {
    if (length !== 16) throw malformed(`an AAAA record has ${length} octets of data, not 16`, reader.offset)
    const groups = Array.from({ length: 8 }, () => reader.u16().toString(16))
    return { type: 'AAAA', address: ipv6Text(groups.join(':')) }
  },
  encode: (writer, { address }) => {
    for (const group of ipv6Groups(address)) writer.u16(group)
  },
  parse: (fields) => {
    const { text, line } = fields.token('an IPv6 address')
    // A zone index (fe80::1%eth0) means something on one machine only.
    if (!isIPv6(text) || text.includes('%')) {
      throw zoneProblem(line, `${JSON.stringify(text)} is not valid: expected an IPv6 address`)
    }
    return { type: 'AAAA', address: ipv6Text(text) }
  },
  format: ({ address }) => address,
}
