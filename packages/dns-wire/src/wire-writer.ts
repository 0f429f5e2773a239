/** Writes the fields of a DNS message and compresses its names (RFC 1035 §4.1.4). */
import { RoundtripError } from '@roundtrip/errors'
import { labelsOf, rootName, type Name } from './name.ts'

/** The longest message that the two length octets of TCP can announce. */
export const maxMessageBytes = 65_535
/** Pointers have 14 bits. */
const maxPointerTarget = 0x3fff

const tooLong = (): RoundtripError =>
  new RoundtripError('DNS_MESSAGE_INVALID', `The DNS message is longer than ${maxMessageBytes} octets.`)

/** A growing message. Throws RoundtripError `DNS_MESSAGE_INVALID` when it outgrows 65,535 octets. */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(512)
  #length = 0
  readonly #names = new Map<string, number>()

  u8(value: number): void {
    const at = this.#grow(1)
    this.#bytes.writeUInt8(value, at)
  }

  u16(value: number): void {
    const at = this.#grow(2)
    this.#bytes.writeUInt16BE(value, at)
  }

  u32(value: number): void {
    const at = this.#grow(4)
    this.#bytes.writeUInt32BE(value, at)
  }

  bytes(value: Uint8Array): void {
    const at = this.#grow(value.length)
    this.#bytes.set(value, at)
  }

  /** Text of which each character is one octet. */
  octets(value: string): void {
    const at = this.#grow(value.length)
    this.#bytes.write(value, at, 'latin1')
  }

  /** Length octet, then at most 255 octets (RFC 1035 §3.3). */
  characterString(value: string): void {
    if (value.length > 255) {
      throw new RoundtripError('DNS_MESSAGE_INVALID', `A character string has ${value.length} octets, at most 255 fit.`)
    }
    this.u8(value.length)
    this.octets(value)
  }

  /**
   * @param compress false for names in record data of types younger than RFC 1035, which old readers could not
   *   expand (RFC 3597 §4). Case must match for a pointer, so that no name changes its case on the way.
   */
  name(name: Name, compress = true): void {
    const labels = labelsOf(name)
    let rest: string = name
    for (const label of labels) {
      const target = this.#names.get(rest)
      if (compress && target !== undefined) {
        this.u16(0xc000 | target)
        return
      }
      if (target === undefined && this.#length <= maxPointerTarget) this.#names.set(rest, this.#length)
      this.u8(label.length)
      this.octets(label)
      rest = rest.slice(rest.indexOf('.') + 1) || rootName
    }
    this.u8(0)
  }

  /** Writes a 16-bit length in front of what `write` writes. */
  lengthPrefixed(write: () => void): void {
    const at = this.#grow(2)
    write()
    this.#bytes.writeUInt16BE(this.#length - at - 2, at)
  }

  /** A view of what was written; write no more afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(count: number): number {
    const at = this.#length
    const length = at + count
    if (length > maxMessageBytes) throw tooLong()
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
    }
    this.#length = length
    return at
  }
}
