/** The OPT pseudo-record (RFC 6891 §6.1): what a message says about its sender rather than about names. */
import type { WireReader } from './wire-reader.ts'
import { malformed } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

export interface EdnsOption {
  readonly code: number
  readonly data: Uint8Array
}

export interface Edns {
  /** The largest UDP message that the sender can take, in octets. */
  readonly udpPayloadBytes: number
  readonly version: number
  /** DO: the sender wants DNSSEC records (RFC 3225). */
  readonly dnssecOk: boolean
  readonly options: readonly EdnsOption[]
}

/**
 * The largest UDP message worth sending: with IPv6 and UDP headers it fits the 1,280 octets that every IPv6 path
 * carries unfragmented, so nobody can slip in a forged fragment (DNS flag day 2020).
 */
export const safeUdpPayloadBytes = 1232

/** Every sender can take this much, with or without EDNS (RFC 1035 §2.3.4, RFC 6891 §6.2.3). */
export const minUdpPayloadBytes = 512

/** What the parts of the record before its data say. */
export interface OptHead {
  readonly class: number
  readonly ttl: number
}

/** The upper eight bits of the response code travel in the TTL (RFC 6891 §6.1.3). */
export const extendedRcode = (head: OptHead): number => head.ttl >>> 24

/** Reads length and options; the reader stands behind the TTL. */
export const decodeEdns = (reader: WireReader, head: OptHead): Edns => {
  const length = reader.u16()
  const options = reader.region(length, () => {
    const found: EdnsOption[] = []
    while (reader.remaining > 0) {
      if (reader.remaining < 4) throw malformed('an EDNS option is cut off', reader.offset)
      const code = reader.u16()
      found.push({ code, data: reader.bytes(reader.u16()) })
    }
    return found
  })
  return {
    udpPayloadBytes: head.class,
    version: (head.ttl >>> 16) & 0xff,
    dnssecOk: (head.ttl & 0x8000) !== 0,
    options,
  }
}

/** Writes the whole record, with the upper bits of the message's response code. */
export const encodeEdns = (writer: WireWriter, edns: Edns, rcode: number): void => {
  writer.u8(0)
  writer.u16(41)
  writer.u16(edns.udpPayloadBytes)
  writer.u8(rcode >>> 4)
  writer.u8(edns.version)
  writer.u16(edns.dnssecOk ? 0x8000 : 0)
  writer.lengthPrefixed(() => {
    for (const { code, data } of edns.options) {
      writer.u16(code)
      writer.lengthPrefixed(() => writer.bytes(data))
    }
  })
}
