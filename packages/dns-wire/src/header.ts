/** The twelve octets at the head of every message (RFC 1035 §4.1.1; AD and CD: RFC 4035 §3.2). */
import { opcodeNames, type Opcode } from './registry.ts'
import { WireReader } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

export interface Flags {
  readonly id: number
  /** QR. */
  readonly isResponse: boolean
  readonly opcode: Opcode
  /** AA. */
  readonly authoritative: boolean
  /** TC: there is more, ask over TCP. */
  readonly truncated: boolean
  /** RD. */
  readonly recursionDesired: boolean
  /** RA. */
  readonly recursionAvailable: boolean
  /** AD. */
  readonly authenticData: boolean
  /** CD. */
  readonly checkingDisabled: boolean
}

export interface Header extends Flags {
  /** The lower four bits; EDNS may carry eight more (RFC 6891 §6.1.3). */
  readonly rcodeLow: number
  readonly questionCount: number
  readonly answerCount: number
  readonly authorityCount: number
  readonly additionalCount: number
}

const bit = { qr: 0x8000, aa: 0x0400, tc: 0x0200, rd: 0x0100, ra: 0x0080, ad: 0x0020, cd: 0x0010 } as const

export const readHeader = (reader: WireReader): Header => {
  const id = reader.u16()
  const flags = reader.u16()
  return {
    id,
    isResponse: (flags & bit.qr) !== 0,
    opcode: opcodeNames.nameOf((flags >>> 11) & 0xf),
    authoritative: (flags & bit.aa) !== 0,
    truncated: (flags & bit.tc) !== 0,
    recursionDesired: (flags & bit.rd) !== 0,
    recursionAvailable: (flags & bit.ra) !== 0,
    authenticData: (flags & bit.ad) !== 0,
    checkingDisabled: (flags & bit.cd) !== 0,
    rcodeLow: flags & 0xf,
    questionCount: reader.u16(),
    answerCount: reader.u16(),
    authorityCount: reader.u16(),
    additionalCount: reader.u16(),
  }
}

/**
 * The header alone, for a message whose rest may be garbage.
 *
 * @throws RoundtripError `DNS_MESSAGE_INVALID` when there are fewer than twelve octets
 */
export const decodeHeader = (bytes: Uint8Array): Header => readHeader(new WireReader(bytes))

export const writeHeader = (writer: WireWriter, header: Header): void => {
  writer.u16(header.id)
  writer.u16(
    (header.isResponse ? bit.qr : 0) |
      ((opcodeNames.codeOf(header.opcode) ?? 0) << 11) |
      (header.authoritative ? bit.aa : 0) |
      (header.truncated ? bit.tc : 0) |
      (header.recursionDesired ? bit.rd : 0) |
      (header.recursionAvailable ? bit.ra : 0) |
      (header.authenticData ? bit.ad : 0) |
      (header.checkingDisabled ? bit.cd : 0) |
      (header.rcodeLow & 0xf),
  )
  writer.u16(header.questionCount)
  writer.u16(header.answerCount)
  writer.u16(header.authorityCount)
  writer.u16(header.additionalCount)
}
