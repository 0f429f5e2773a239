/** The HPACK decoder (RFC 7541 §3, §6): a field block in, field lines out, with bounds on everything a peer can blow up. */
import { DynamicTable } from './dynamic-table.ts'
import { FieldLine } from './field-line.ts'
import { HpackError } from './hpack-error.ts'
import { decodeHuffman, maxDecodedLength } from './huffman.ts'
import { staticTable } from './static-table.ts'

/** What one block may come to. */
export interface DecoderLimits {
  /** SETTINGS_HEADER_TABLE_SIZE as we announced it. */
  readonly tableBytes: number
  /** Octets of all lines, each counted with 32 on top (RFC 7541 §4.1). */
  readonly listBytes: number
  readonly lines: number
}

export interface DecodedBlock {
  readonly lines: readonly FieldLine[]
  /** The block exceeds a limit: `lines` is only its beginning, though the table is as the peer thinks it is. */
  readonly isTooLarge: boolean
}

const fail = (detail: string): never => {
  throw new HpackError(detail)
}

/** Larger integers are refused before they are computed (RFC 7541 §5.1). */
const maxIntegerOctets = 4

let scratch = Buffer.allocUnsafeSlow(4096)

export class HpackDecoder {
  readonly #limits: DecoderLimits
  readonly #table: DynamicTable
  #source: Buffer = Buffer.alloc(0)
  #offset = 0
  #end = 0
  #lines: FieldLine[] = []
  #listBytes = 0
  #isTooLarge = false

  constructor(limits: DecoderLimits) {
    this.#limits = limits
    this.#table = new DynamicTable(limits.tableBytes)
  }

  /** Octets that the peer has us keep, as HPACK counts them. */
  get tableBytes(): number {
    return this.#table.sizeBytes
  }

  /** A block is `source` from `start` to `end`. @throws HpackError when the block is not HPACK; the connection's state is lost then */
  decode(source: Buffer, start = 0, end: number = source.length): DecodedBlock {
    this.#source = source
    this.#offset = start
    this.#end = end
    this.#lines = []
    this.#listBytes = 0
    this.#isTooLarge = false
    this.#resizeTable()
    while (this.#offset < end) this.#readLine(source[this.#offset] ?? 0)
    return { lines: this.#lines, isTooLarge: this.#isTooLarge }
  }

  /** Size updates stand at the beginning of a block only (RFC 7541 §4.2). */
  #resizeTable(): void {
    while (this.#offset < this.#end && ((this.#source[this.#offset] ?? 0) & 0xe0) === 0x20) {
      const bytes = this.#readInteger(5)
      if (bytes > this.#limits.tableBytes) fail('the table is made larger than allowed')
      this.#table.resize(bytes)
    }
  }

  #readLine(first: number): void {
    if ((first & 0x80) !== 0) this.#emit(this.#lineAt(this.#readInteger(7)))
    else if ((first & 0x40) !== 0) {
      const line = this.#readLiteral(6)
      this.#table.add(line)
      this.#emit(line)
    } else if ((first & 0x20) !== 0) fail('a size update inside a block')
    else this.#emit(this.#readLiteral(4))
  }

  #emit(line: FieldLine): void {
    this.#listBytes += line.sizeBytes
    if (this.#listBytes > this.#limits.listBytes || this.#lines.length >= this.#limits.lines) this.#isTooLarge = true
    else this.#lines.push(line)
  }

  #lineAt(index: number): FieldLine {
    const line = index <= staticTable.length ? staticTable[index - 1] : this.#table.at(index - staticTable.length - 1)
    return line ?? fail('an index outside of the tables')
  }

  #readLiteral(prefixBits: number): FieldLine {
    const index = this.#readInteger(prefixBits)
    const name = index === 0 ? this.#readString() : this.#lineAt(index).name
    return new FieldLine(name, this.#readString())
  }

  #readString(): string {
    const isHuffman = ((this.#source[this.#offset] ?? 0) & 0x80) !== 0
    const length = this.#readInteger(7)
    const start = this.#offset
    const end = start + length
    if (end > this.#end) fail('a string longer than its block')
    this.#offset = end
    if (!isHuffman) return this.#source.toString('latin1', start, end)
    if (maxDecodedLength(length) > scratch.length) scratch = Buffer.allocUnsafeSlow(maxDecodedLength(length))
    return scratch.toString('latin1', 0, decodeHuffman(this.#source, start, end, scratch))
  }

  #readInteger(prefixBits: number): number {
    const source = this.#source
    if (this.#offset >= this.#end) fail('a block that breaks off')
    const mask = (1 << prefixBits) - 1
    let value = (source[this.#offset] ?? 0) & mask
    this.#offset += 1
    if (value < mask) return value
    for (let octets = 0; octets < maxIntegerOctets; octets += 1) {
      if (this.#offset >= this.#end) fail('an integer that breaks off')
      const octet = source[this.#offset] ?? 0
      this.#offset += 1
      value += (octet & 0x7f) * 2 ** (7 * octets)
      if (octet < 0x80) return value
    }
    return fail('an integer out of bounds')
  }
}
