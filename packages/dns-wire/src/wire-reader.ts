/** Reads the fields of a DNS message, never beyond its end (RFC 1035 §4.1). */
import { RoundtripError } from '@roundtrip/errors'
import { nameFromLabels, type Name } from './name.ts'

/**
 * How many compression pointers one name may follow. A name has at most 127 labels, so an honest one needs no more;
 * without the cap a chain of pointers to pointers makes every record that uses it cost thousands of steps.
 */
const maxPointers = 127

export const malformed = (problem: string, offset: number, cause?: unknown): RoundtripError =>
  new RoundtripError('DNS_MESSAGE_INVALID', `The DNS message is malformed at octet ${offset}: ${problem}.`, {
    details: { offset },
    ...(cause === undefined ? {} : { cause }),
  })

/** A cursor over one message. Every read throws RoundtripError `DNS_MESSAGE_INVALID` when the octets are not there. */
export class WireReader {
  readonly #bytes: Buffer
  #offset = 0
  #end: number

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#end = bytes.byteLength
  }

  get offset(): number {
    return this.#offset
  }

  /** Octets left before the end, or before the end of the region being read. */
  get remaining(): number {
    return this.#end - this.#offset
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1))
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  /** A copy: what is decoded must not keep the datagram alive, nor change with it. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length)
    return Uint8Array.from(this.#bytes.subarray(start, start + length))
  }

  /** Octets as text, one character each. */
  octets(length: number): string {
    const start = this.#take(length)
    return this.#bytes.toString('latin1', start, start + length)
  }

  /** Length octet, then as many octets (RFC 1035 §3.3). */
  characterString(): string {
    return this.octets(this.u8())
  }

  /** A name, compressed or not (RFC 1035 §4.1.4). Pointers may only point backwards, so that no name goes in circles. */
  name(): Name {
    const labels: string[] = []
    let segment = this.#offset
    let cursor = this.#offset
    let end = this.#end
    let afterFirstPointer: number | undefined
    for (let pointers = 0; ;) {
      const length = this.#byteAt(cursor, end)
      if (length === 0) break
      if (length < 0x40) {
        if (cursor + 1 + length > end) throw malformed('a label runs past the end', cursor)
        labels.push(this.#bytes.toString('latin1', cursor + 1, cursor + 1 + length))
        if (labels.length > 127) throw malformed('a name has more than 127 labels', cursor)
        cursor += 1 + length
        continue
      }
      if (length < 0xc0) throw malformed('a label has a reserved type', cursor)
      const target = ((length & 0x3f) << 8) | this.#byteAt(cursor + 1, end)
      if (target >= segment) throw malformed('a compression pointer does not point backwards', cursor)
      if (++pointers > maxPointers) throw malformed(`a name follows more than ${maxPointers} pointers`, cursor)
      afterFirstPointer ??= cursor + 2
      segment = target
      cursor = target
      end = this.#bytes.length
    }
    const start = this.#offset
    this.#offset = afterFirstPointer ?? cursor + 1
    try {
      return nameFromLabels(labels)
    } catch (error) {
      throw malformed((error as Error).message, start, error)
    }
  }

  /** Runs a decoder over the next octets, which it must use up exactly; it cannot read beyond them. */
  region<T>(length: number, decode: () => T): T {
    const outerEnd = this.#end
    const end = this.#take(length) + length
    this.#offset = end - length
    this.#end = end
    const value = decode()
    if (this.#offset !== end) throw malformed(`${end - this.#offset} octets of record data are left over`, this.#offset)
    this.#end = outerEnd
    return value
  }

  #byteAt(position: number, end: number): number {
    if (position >= end) throw malformed('a name runs past the end', position)
    return this.#bytes[position] ?? 0
  }

  #take(length: number): number {
    const start = this.#offset
    if (length > this.remaining) throw malformed(`${length} octets expected, ${this.remaining} left`, start)
    this.#offset = start + length
    return start
  }
}
