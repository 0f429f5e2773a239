/** The chunked transfer coding (RFC 9112 §7.1): a strict decoder that is pushed to, and an encoder. */
import { isFieldName } from '@roundtrip/http'
import { readLatin1 } from './latin1.ts'
import { malformed, type MessageKind } from './malformed.ts'

export interface ChunkedLimits {
  /** Longest chunk-size line with its extensions, in bytes. 256 by default. */
  readonly maxSizeLineBytes: number
  /** All chunk extensions of one body, in bytes: each octet of content could otherwise cost hundreds. 4 KiB by default. */
  readonly maxExtensionBytes: number
  /**
   * By how much the framing may exceed the content, in bytes, large chunks not making up for small ones behind them: a
   * chunk costs us as much for one octet as for thousands (CVE-2023-39326). No bound by default: a next hop is trusted.
   */
  readonly maxExcessBytes: number
  /** The trailer section, in bytes. 8 KiB by default. */
  readonly maxTrailerBytes: number
}

export const defaultChunkedLimits: ChunkedLimits = {
  maxSizeLineBytes: 256,
  maxExtensionBytes: 4096,
  maxExcessBytes: Infinity,
  maxTrailerBytes: 8192,
}

const token = String.raw`[!#$%&'*+.^_\`|~0-9A-Za-z-]+`
const quoted = String.raw`"(?:[\t !#-\[\]-~\u0080-\u00FF]|\\[\t -~\u0080-\u00FF])*"`
/** Spaces around `;` and `=` are bad whitespace (RFC 9112 §7.1.1): tolerated by the grammar, refused here. */
const extensions = new RegExp(`^(?:;${token}(?:=(?:${token}|${quoted}))?)*$`)
/** 12 hex digits are 256 TiB, and exact as a number. */
const sizeDigits = /^[0-9A-Fa-f]{1,12}/
const trailerLine = /^([^:]+):([\t\u0020-\u007E\u0080-\u00FF]*)$/

const carriageReturn = 0x0d
const lineFeed = 0x0a

/** Takes content octets; they belong to the chunk that was pushed, not to the receiver. */
export type TakeContent = (content: Buffer) => void

/** Where the decoder stands: at a line of its own, in the content of a chunk, behind it, or at the end. */
type State = 'size' | 'content' | 'content-end' | 'trailer' | 'done'

export class ChunkedDecoder {
  /** Where, in the octets last pushed, those behind the body begin. */
  next = 0
  readonly #kind: MessageKind
  readonly #limits: ChunkedLimits
  #state: State = 'size'
  #line = ''
  #left = 0
  #extensionBytes = 0
  #excessBytes = 0
  #trailerBytes = 0

  constructor(kind: MessageKind, limits: ChunkedLimits = defaultChunkedLimits) {
    this.#kind = kind
    this.#limits = limits
  }

  get isDone(): boolean {
    return this.#state === 'done'
  }

  /**
   * Decodes from `offset`, handing content on as it comes. Trailer fields are checked and dropped: no tier forwards them.
   *
   * @returns whether the body has ended; `next` then points behind it
   * @throws RoundtripError when the coding is malformed or a limit exceeded; content handed on before stays handed on
   */
  push(octets: Buffer, offset: number, take: TakeContent): boolean {
    this.next = offset
    while (this.next < octets.length && this.#state !== 'done') {
      if (this.#state === 'content') this.#takeContent(octets, take)
      else {
        const line = this.#readLine(octets)
        if (line !== undefined) this.#endLine(line)
      }
    }
    return this.#state === 'done'
  }

  #takeContent(octets: Buffer, take: TakeContent): void {
    const end = Math.min(octets.length, this.next + this.#left)
    const content = octets.subarray(this.next, end)
    this.#left -= content.length
    this.#excessBytes = Math.max(0, this.#excessBytes - content.length)
    this.next = end
    if (this.#left === 0) this.#state = 'content-end'
    take(content)
  }

  /** A whole line without its CRLF, or undefined when its end has not arrived. */
  #readLine(octets: Buffer): string | undefined {
    const lineFeedAt = octets.indexOf(lineFeed, this.next)
    const end = lineFeedAt === -1 ? octets.length : lineFeedAt + 1
    const maxBytes = this.#state === 'size' ? this.#limits.maxSizeLineBytes : this.#limits.maxTrailerBytes
    if (this.#line.length + end - this.next > maxBytes) this.#refuse('A line of the chunked body is too long.')
    const line = this.#line + readLatin1(octets, this.next, end)
    this.#excessBytes += end - this.next
    if (this.#excessBytes > this.#limits.maxExcessBytes) this.#refuse('The chunks have more framing than content.')
    this.next = end
    if (lineFeedAt !== -1 && line.charCodeAt(line.length - 2) !== carriageReturn) {
      this.#refuse('A line of the chunked body does not end with CRLF.')
    }
    this.#line = lineFeedAt === -1 ? line : ''
    return lineFeedAt === -1 ? undefined : line.slice(0, -2)
  }

  #endLine(line: string): void {
    if (this.#state === 'size') this.#startChunk(line)
    else if (this.#state === 'trailer') this.#endTrailerLine(line)
    else if (line === '') this.#state = 'size'
    else this.#refuse('A chunk is longer than its size.')
  }

  #startChunk(line: string): void {
    const digits = sizeDigits.exec(line)?.[0]
    if (digits === undefined) this.#refuse('A chunk of the body has no valid size.')
    const rest = line.slice(digits.length)
    this.#extensionBytes += rest.length
    if (!extensions.test(rest)) this.#refuse('A chunk of the body has no valid size or extension.')
    if (this.#extensionBytes > this.#limits.maxExtensionBytes) this.#refuse('The chunks have too many extensions.')
    this.#left = Number.parseInt(digits, 16)
    this.#state = this.#left === 0 ? 'trailer' : 'content'
  }

  #endTrailerLine(line: string): void {
    if (line === '') {
      this.#state = 'done'
      return
    }
    this.#trailerBytes += line.length + 2
    if (this.#trailerBytes > this.#limits.maxTrailerBytes) this.#refuse('The trailer section is too large.')
    const name = trailerLine.exec(line)?.[1]
    if (name === undefined || !isFieldName(name.toLowerCase())) this.#refuse('A trailer field is malformed.')
  }

  #refuse(sentence: string): never {
    throw malformed(this.#kind, sentence)
  }
}

/** What stands before the content of a chunk; the CRLF behind the one before it is written with it. */
export const chunkStart = (contentBytes: number, isFirst: boolean): string =>
  isFirst ? `${contentBytes.toString(16)}\r\n` : `\r\n${contentBytes.toString(16)}\r\n`

/** The last chunk and the empty trailer section. */
export const chunkedEnd = (isFirst: boolean): string => (isFirst ? '0\r\n\r\n' : '\r\n0\r\n\r\n')
