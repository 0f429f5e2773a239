/** Finds where a message head ends in octets that arrive in pieces (RFC 9112 §2.2), within bounds. */
import { readLatin1 } from './latin1.ts'
import { malformed, type MessageKind } from './malformed.ts'

export interface HeadLimits {
  /** Longest request line or status line in bytes; above, `URI_TOO_LONG`. 8 KiB by default. */
  readonly maxLineBytes: number
  /** All field lines together, in bytes; above, `HEADERS_TOO_LARGE`. 16 KiB by default. */
  readonly maxHeaderBytes: number
  /** Most field lines; above, `HEADERS_TOO_LARGE`. 100 by default. */
  readonly maxHeaderCount: number
}

export const defaultHeadLimits: HeadLimits = { maxLineBytes: 8192, maxHeaderBytes: 16_384, maxHeaderCount: 100 }

/** Most heads are shorter; what stands behind one is not looked at twice. */
const firstLookBytes = 2048
const endOfHead = '\r\n\r\n'
const emptyLine = '\r\n'
const carriageReturn = 0x0d
const lineFeed = 0x0a

/** Whether a head may end there. */
const endsLikeHead = (octets: Buffer, end: number): boolean =>
  octets[end - 4] === carriageReturn &&
  octets[end - 3] === lineFeed &&
  octets[end - 2] === carriageReturn &&
  octets[end - 1] === lineFeed

/**
 * Anything that a head may not hold, even before its end has come: nobody waits for the end of a message that is wrong
 * already. A CR at the very end may still get its LF.
 */
// oxlint-disable-next-line no-control-regex -- controls are what it looks for
const hopeless = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]|\r[^\n]|[^\r]\n/g

export class HeadReader<Head> {
  /** Where, in the chunk last pushed, the octets behind the head begin. */
  next = 0
  readonly #parse: (head: string, maxFields: number) => Head
  readonly #limits: HeadLimits
  readonly #kind: MessageKind
  #held = ''
  /** Octets of the first line of what is held; undefined while its end has not come. */
  #lineBytes: number | undefined
  #isEmptyLineSeen = false
  /** Octets of the last head that came in one piece: on a connection most are as long as the one before. */
  #lastBytes = 0

  constructor(
    kind: MessageKind,
    parse: (head: string, maxFields: number) => Head,
    limits: HeadLimits = defaultHeadLimits,
  ) {
    this.#kind = kind
    this.#parse = parse
    this.#limits = limits
  }

  /** Whether a head has begun to arrive and not ended. */
  get isPartial(): boolean {
    return this.#held !== ''
  }

  /**
   * Reads on at `offset`. Returns the head once it is whole, `next` then pointing behind it; else undefined, the chunk
   * being used up.
   *
   * @throws RoundtripError as the parser does, and when a limit is exceeded
   */
  push(chunk: Buffer, offset = 0): Head | undefined {
    const look = this.#lookUpTo(chunk, offset)
    return (
      this.#read(chunk, offset, look) ?? (look < chunk.length ? this.#read(chunk, offset, chunk.length) : undefined)
    )
  }

  /** To read content as text, to no purpose, costs as much as the head. */
  #lookUpTo(chunk: Buffer, offset: number): number {
    const likely = offset + this.#lastBytes
    if (this.#lastBytes > 0 && likely < chunk.length && endsLikeHead(chunk, likely)) return likely
    return Math.min(chunk.length, offset + firstLookBytes)
  }

  #read(chunk: Buffer, offset: number, wantedEnd: number): Head | undefined {
    const { maxLineBytes, maxHeaderBytes } = this.#limits
    const boundBytes = maxLineBytes + maxHeaderBytes + 2 * endOfHead.length
    const held = this.#held
    const end = Math.min(wantedEnd, offset + Math.max(boundBytes - held.length, 0))
    const arrived = readLatin1(chunk, offset, end)
    const text = held === '' ? arrived : held + arrived
    const start = this.#skipEmptyLine(text)
    const found = text.indexOf(endOfHead, Math.max(start, held.length - endOfHead.length))
    if (found === -1) {
      if (end === wantedEnd && wantedEnd < chunk.length) return undefined
      this.#hold(text, start, held.length)
      this.next = chunk.length
      return undefined
    }
    this.#checkSizes(text, start, found + 2, held.length)
    this.#held = ''
    this.#lineBytes = undefined
    this.#isEmptyLineSeen = false
    this.next = offset + found + endOfHead.length - held.length
    if (held === '') this.#lastBytes = this.next - offset
    // Most often there is nothing before or behind: a slice would be slower to read than what it was cut from.
    const behind = found + endOfHead.length
    const isAlone = start === 0 && behind === text.length
    return this.#parse(isAlone ? text : text.slice(start, behind), this.#limits.maxHeaderCount)
  }

  /** A client may send an empty line too many behind the content of its last request: one is let pass (RFC 9112 §2.2). */
  #skipEmptyLine(text: string): number {
    return this.#kind === 'request' && !this.#isEmptyLineSeen && text.startsWith(emptyLine) ? emptyLine.length : 0
  }

  /** @param known octets of the text that were held before: they are not searched again, however slowly the others come */
  #hold(text: string, start: number, known: number): void {
    if (text.length >= start && start > 0) this.#isEmptyLineSeen = true
    const held = text.slice(start)
    const searched = Math.max(0, known - start)
    this.#checkSizes(held, 0, held.length, searched)
    // With the last one, as it may be half of a line end.
    hopeless.lastIndex = Math.max(0, searched - 1)
    // The line end of an empty line that was skipped cannot be missing here: it came as a whole.
    if (hopeless.test(held) || (searched < 2 && (held.startsWith('\n') || held.startsWith(emptyLine)))) {
      throw malformed(this.#kind, 'The head of the message holds a control character, or a bare CR or LF.')
    }
    this.#held = held
  }

  #checkSizes(text: string, start: number, end: number, known: number): void {
    const { maxLineBytes, maxHeaderBytes } = this.#limits
    if (this.#lineBytes === undefined) {
      const lineEnd = text.indexOf('\n', Math.max(start, known))
      if (lineEnd !== -1) this.#lineBytes = lineEnd - start
    }
    const lineBytes = this.#lineBytes ?? end - start
    if (lineBytes > maxLineBytes + 1) {
      throw malformed(this.#kind, `The first line may have at most ${maxLineBytes} bytes.`, 'URI_TOO_LONG')
    }
    if (end - start - lineBytes > maxHeaderBytes) {
      throw malformed(this.#kind, `The fields may have at most ${maxHeaderBytes} bytes.`, 'HEADERS_TOO_LARGE')
    }
  }
}
