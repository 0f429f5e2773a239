/**
 * The HPACK encoder (RFC 7541 §6). It leaves the peer's dynamic table alone: what a line is encoded as then depends on
 * the line only, so one copy of its octets serves all connections, and a peer cannot have us keep state.
 */
import { isFieldName, isFieldValue } from '@roundtrip/http'
import { encodeHuffman, huffmanLength } from './huffman.ts'
import { staticLineIndex, staticNameIndex } from './static-table.ts'

/** Values kept encoded for one name, and names in all: bounds on memory, for a client may influence values. */
const maxValues = 64
const maxNames = 256
const maxKeptLength = 256

/** Up to here a loop is faster than a call into native code. */
const maxLoopedLength = 48

/** Fields whose value seldom comes twice, or is a secret that must never enter a table on the way (RFC 7541 §7.1.3). */
const unkept = new Set(['age', 'content-length', 'etag', 'set-cookie', 'authorization', 'x-request-id', 'traceparent'])
const neverIndexed = new Set(['set-cookie', 'authorization'])

class KnownName {
  /** The octets before the value: a literal without indexing, its name indexed or spelt out. */
  readonly prefix: Buffer
  readonly values = new Map<string, Buffer>()
  isKept: boolean
  hits = 0

  constructor(name: string) {
    if (!isFieldName(name)) throw new TypeError(`not a field name: ${JSON.stringify(name)}`)
    const target = Buffer.allocUnsafe(name.length + 16)
    const pattern = neverIndexed.has(name) ? 0x10 : 0
    const index = staticNameIndex.get(name) ?? 0
    let end = encodeInteger(index, 4, pattern, target, 0)
    if (index === 0) end = encodeString(name, target, end)
    this.prefix = Buffer.from(target.subarray(0, end))
    this.isKept = !unkept.has(name)
  }
}

const names = new Map<string, KnownName>()

const knownName = (name: string): KnownName => {
  const known = names.get(name)
  if (known !== undefined) return known
  if (names.size >= maxNames) names.clear()
  const made = new KnownName(name)
  names.set(name, made)
  return made
}

/** Returns the offset behind the integer (RFC 7541 §5.1). */
const encodeInteger = (
  value: number,
  prefixBits: number,
  pattern: number,
  target: Uint8Array,
  start: number,
): number => {
  const mask = (1 << prefixBits) - 1
  if (value < mask) {
    target[start] = pattern | value
    return start + 1
  }
  target[start] = pattern | mask
  let offset = start + 1
  let rest = value - mask
  for (; rest >= 0x80; rest >>>= 7) {
    target[offset] = (rest & 0x7f) | 0x80
    offset += 1
  }
  target[offset] = rest
  return offset + 1
}

const encodeString = (text: string, target: Buffer, start: number): number => {
  const coded = huffmanLength(text)
  if (coded < text.length) return encodeHuffman(text, target, encodeInteger(coded, 7, 0x80, target, start))
  return encodePlain(text, target, start)
}

/** Without Huffman: for what is sent once, the time is worth more than a quarter of the octets. */
const encodePlain = (text: string, target: Buffer, start: number): number => {
  const { length } = text
  const offset = encodeInteger(length, 7, 0, target, start)
  if (length > maxLoopedLength) return offset + target.write(text, offset, 'latin1')
  for (let i = 0; i < length; i += 1) target[offset + i] = text.charCodeAt(i)
  return offset + length
}

const encodeKept = (name: string, known: KnownName, value: string): Buffer => {
  const target = Buffer.allocUnsafe(known.prefix.length + value.length + 16)
  const index = staticLineIndex(name, value)
  const end =
    index === undefined
      ? encodeString(value, target, copy(known.prefix, target, 0))
      : encodeInteger(index, 7, 0x80, target, 0)
  return Buffer.from(target.subarray(0, end))
}

/** Faster than a call into native code for the few octets of a field line. */
const copy = (source: Uint8Array, target: Uint8Array, start: number): number => {
  const { length } = source
  for (let i = 0; i < length; i += 1) target[start + i] = source[i] ?? 0
  return start + length
}

/** Room that a line may need, so that a caller can check before it encodes. */
export const maxEncodedLength = (name: string, value: string): number => name.length + value.length + 16

/**
 * Encodes one field line, its name in lower case; returns the offset behind it.
 *
 * @throws TypeError when name or value hold what no field may (RFC 9110 §5.5)
 */
export const encodeLine = (name: string, value: string, target: Buffer, start: number): number => {
  const known = knownName(name)
  if (known.isKept) {
    const kept = known.values.get(value)
    if (kept !== undefined) {
      known.hits += 1
      return copy(kept, target, start)
    }
  }
  if (!isFieldValue(value)) throw new TypeError(`not a value of the field ${name}`)
  if (!known.isKept || value.length > maxKeptLength)
    return encodePlain(value, target, copy(known.prefix, target, start))
  if (known.values.size >= maxValues) makeRoom(known)
  const encoded = encodeKept(name, known, value)
  known.values.set(value, encoded)
  return copy(encoded, target, start)
}

/** A field whose values did not come back is not worth keeping. */
const makeRoom = (known: KnownName): void => {
  known.values.clear()
  if (known.hits < maxValues) known.isKept = false
  known.hits = 0
}

/** Encodes `:status` (RFC 9113 §8.3.2). */
export const encodeStatus = (status: number, target: Buffer, start: number): number => {
  const text = String(status)
  const index = staticLineIndex(':status', text)
  if (index !== undefined) return encodeInteger(index, 7, 0x80, target, start)
  return encodePlain(text, target, encodeInteger(8, 4, 0, target, start))
}
