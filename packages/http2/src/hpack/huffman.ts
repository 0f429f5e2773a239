/** The Huffman code of HPACK (RFC 7541 §5.2, appendix B), decoded four bits at a time. */
import { HpackError } from './hpack-error.ts'

/** Bits of each symbol's code; 256 is EOS. The code is canonical, so that the lengths say it all. */
// oxfmt-ignore
const codeLengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7,
  7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
  23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
  21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
]

const endOfString = 256

/** Codes in the order of their length, then of their symbol: each is the one before it plus one. */
const assignCodes = (): readonly number[] => {
  const symbols = codeLengths.map((_length, symbol) => symbol)
  symbols.sort((a, b) => lengthOf(a) - lengthOf(b) || a - b)
  const codes: number[] = []
  let code = 0
  let length = 0
  for (const symbol of symbols) {
    code <<= lengthOf(symbol) - length
    length = lengthOf(symbol)
    codes[symbol] = code
    code += 1
  }
  return codes
}

const lengthOf = (symbol: number): number => codeLengths[symbol] ?? 0

const codes = assignCodes()

interface Node {
  readonly id: number
  /** Whether a string may end here: fewer than eight bits of padding, all of them ones. */
  readonly isPadding: boolean
  readonly next: (Node | number | undefined)[]
}

const grow = (nodes: Node[], isPadding: boolean): Node => {
  const node = { id: nodes.length, isPadding, next: [] }
  nodes.push(node)
  return node
}

const addCode = (nodes: Node[], root: Node, symbol: number): void => {
  const length = lengthOf(symbol)
  let node = root
  for (let depth = 1; depth < length; depth += 1) {
    const branch = ((codes[symbol] ?? 0) >> (length - depth)) & 1
    const child = node.next[branch] ?? grow(nodes, depth < 8 && branch === 1 && node.isPadding)
    if (typeof child === 'number') throw new Error('a code that begins with another')
    node.next[branch] = child
    node = child
  }
  node.next[(codes[symbol] ?? 0) & 1] = symbol
}

/** The code as a tree, its root first; a leaf is its symbol. */
const buildTree = (): readonly [root: Node, nodes: readonly Node[]] => {
  const nodes: Node[] = []
  const root = grow(nodes, true)
  codeLengths.forEach((_length, symbol) => addCode(nodes, root, symbol))
  return [root, nodes]
}

const emits = 1 << 16
const fails = 1 << 17
const mayEnd = 1 << 18

/** For each node and nibble: the node to go to in the low byte, an emitted octet above it, and flags. */
const buildTransitions = (): Int32Array => {
  const [root, nodes] = buildTree()
  const transitions = new Int32Array(nodes.length * 16)
  for (const start of nodes) {
    for (let nibble = 0; nibble < 16; nibble += 1) transitions[start.id * 16 + nibble] = walk(start, nibble, root)
  }
  return transitions
}

const walk = (start: Node, nibble: number, root: Node): number => {
  let node = start
  let flags = 0
  for (let bit = 3; bit >= 0; bit -= 1) {
    const child = node.next[(nibble >> bit) & 1]
    if (child === undefined || child === endOfString) return fails
    if (typeof child === 'number') {
      flags |= emits | (child << 8)
      node = root
    } else node = child
  }
  return flags | node.id | (node.isPadding ? mayEnd : 0)
}

const transitions = buildTransitions()

/** The shortest code has five bits. */
export const maxDecodedLength = (encodedLength: number): number => Math.ceil((encodedLength * 8) / 5)

/**
 * Decodes into `target`, which must have room for `maxDecodedLength`, and returns how many octets there are.
 *
 * @throws HpackError when EOS is coded, or the padding is longer than seven bits or not all ones
 */
export const decodeHuffman = (source: Uint8Array, start: number, end: number, target: Uint8Array): number => {
  let length = 0
  let step = mayEnd
  for (let offset = start; offset < end; offset += 1) {
    const octet = source[offset] ?? 0
    for (let shift = 4; shift >= 0; shift -= 4) {
      step = transitions[((step & 0xff) << 4) | ((octet >> shift) & 0xf)] ?? fails
      if ((step & (emits | fails)) !== 0) {
        if ((step & fails) !== 0) throw new HpackError('not a Huffman code')
        target[length] = (step >> 8) & 0xff
        length += 1
      }
    }
  }
  if ((step & mayEnd) === 0) throw new HpackError('wrong Huffman padding')
  return length
}

/** Octets that the text takes when coded. */
export const huffmanLength = (text: string): number => {
  let bits = 0
  for (let i = 0; i < text.length; i += 1) bits += lengthOf(text.charCodeAt(i))
  return (bits + 7) >> 3
}

/** Encodes Latin-1 text; returns the offset behind it. */
export const encodeHuffman = (text: string, target: Uint8Array, start: number): number => {
  let offset = start
  let pending = 0
  let pendingBits = 0
  for (let i = 0; i < text.length; i += 1) {
    const symbol = text.charCodeAt(i)
    let left = lengthOf(symbol)
    // A code has up to 30 bits: taken in parts, so that what is pending never exceeds 31.
    while (left > 0) {
      const part = Math.min(left, 23 - pendingBits)
      left -= part
      pending = (pending << part) | (((codes[symbol] ?? 0) >>> left) & ((1 << part) - 1))
      pendingBits += part
      while (pendingBits >= 8) {
        pendingBits -= 8
        target[offset] = (pending >>> pendingBits) & 0xff
        offset += 1
      }
      pending &= (1 << pendingBits) - 1
    }
  }
  if (pendingBits === 0) return offset
  target[offset] = ((pending << (8 - pendingBits)) | (0xff >> pendingBits)) & 0xff
  return offset + 1
}
