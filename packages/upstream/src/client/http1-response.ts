/** Reads one response after another from the octets of a connection (RFC 9112 §4, §6.3), strictly. */
import { RoundtripError } from '@roundtrip/errors'
import type { Fields } from '@roundtrip/http'
import {
  ChunkedDecoder,
  HeadReader,
  isInterim,
  parseResponseHead,
  responseBodyFraming,
  type ResponseHead,
} from '@roundtrip/http1'
import { endToEnd } from './end-to-end.ts'
import { promisedIdleMs } from './keep-alive.ts'
import { minLentBytes } from './lent-memory.ts'

/** What a response consists of, as it is found. The octets belong to the chunk that was read. */
export interface ResponseEvents {
  /** An interim response ahead of the final one, but for 100: the edge answers expectations itself. */
  informed(status: number, fields: Fields): void
  /** The head, and the whole content when that came along and is short; undefined content is none. It has then ended. */
  answered(status: number, fields: Fields, content: Uint8Array | undefined): void
  /** The head of a response whose content follows in parts. */
  begun(status: number, fields: Fields): void
  content(octets: Uint8Array): void
  /** The last byte of such a response has come. */
  finished(): void
}

/** More interim responses than any next hop has reason to send. */
const maxInterim = 16
const startOfHttp = 0x48

const invalid = (sentence: string): RoundtripError => new RoundtripError('UPSTREAM_INVALID', sentence)

export const responseReader = (): HeadReader<ResponseHead> => new HeadReader('response', parseResponseHead)

export class Http1Response {
  /** Octets of announced content that have not come; undefined when that is not known. */
  left: number | undefined
  /** Whether the connection stays usable behind this response. */
  isPersistent = false
  /** How long the next hop says that it keeps the connection idle. */
  promisedIdleMs = Infinity
  /** Whether any octet has come. */
  hasBegun = false
  /** Whether its last byte has come. */
  isOver = false
  #isHeadRead = false
  readonly #method: string
  readonly #events: ResponseEvents
  readonly #reader: HeadReader<ResponseHead>
  #decoder: ChunkedDecoder | undefined
  #endsWithConnection = false
  #interim = 0

  /**
   * @param method of the request that is answered
   * @param reader of the connection's responses, one after the other
   */
  constructor(method: string, events: ResponseEvents, reader = responseReader()) {
    this.#method = method
    this.#events = events
    this.#reader = reader
  }

  /**
   * @returns how many octets are left behind the response: there may be none
   * @throws RoundtripError `UPSTREAM_INVALID`
   */
  read(chunk: Buffer): number {
    let at = 0
    if (!this.#isHeadRead) {
      if (!this.hasBegun && chunk[0] !== startOfHttp) throw invalid('The next hop does not speak HTTP.')
      this.hasBegun = true
      const head = this.#readHead(chunk)
      if (head === undefined) return 0
      at = this.#reader.next
      this.#isHeadRead = true
      this.isPersistent = head.isPersistent
      this.promisedIdleMs = promisedIdleMs(head.fields.get('keep-alive'))
      return this.#start(head, chunk, at)
    }
    if (this.isOver) return chunk.length
    return this.#readOn(chunk, at)
  }

  /** The next hop has closed. @returns whether that was the response's end */
  close(): boolean {
    if (!this.#endsWithConnection || this.isOver) return false
    this.#end()
    return true
  }

  #readHead(chunk: Buffer): ResponseHead | undefined {
    let at = 0
    for (;;) {
      const head = this.#reader.push(chunk, at)
      if (head === undefined) return undefined
      if (head.status === 101) throw invalid('The next hop switched protocols without being asked.')
      if (!isInterim(head)) return head
      if (++this.#interim > maxInterim) throw invalid('The next hop sent too many interim responses.')
      if (head.status !== 100) this.#events.informed(head.status, endToEnd(head.fields))
      at = this.#reader.next
      if (at === chunk.length) return undefined
    }
  }

  #start(head: ResponseHead, chunk: Buffer, at: number): number {
    const framing = responseBodyFraming(this.#method, head)
    const fields = endToEnd(head.fields)
    if (framing.kind === 'none') return this.#answer(head.status, fields, undefined, chunk.length - at)
    if (framing.kind === 'chunked') return this.#startChunked(head.status, fields, chunk, at)
    if (framing.kind === 'length') {
      const end = at + framing.bytes
      if (end <= chunk.length && framing.bytes < minLentBytes)
        return this.#answer(head.status, fields, chunk.subarray(at, end), chunk.length - end)
      this.left = framing.bytes
    } else {
      this.#endsWithConnection = true
      this.isPersistent = false
    }
    this.#events.begun(head.status, fields)
    return this.#readOn(chunk, at)
  }

  #startChunked(status: number, fields: Fields, chunk: Buffer, at: number): number {
    const decoder = new ChunkedDecoder('response')
    const parts: Buffer[] = []
    let bytes = 0
    const isDone = decoder.push(chunk, at, (part) => {
      bytes += part.length
      parts.push(part)
    })
    if (isDone && bytes < minLentBytes) {
      const [first] = parts
      const content = parts.length === 1 ? first : Buffer.concat(parts)
      return this.#answer(status, fields, content, chunk.length - decoder.next)
    }
    this.#decoder = decoder
    this.#events.begun(status, fields)
    for (const part of parts) this.#events.content(part)
    if (isDone) this.#end()
    return isDone ? chunk.length - decoder.next : 0
  }

  #answer(status: number, fields: Fields, content: Buffer | undefined, rest: number): number {
    this.isOver = true
    this.#events.answered(status, fields, content)
    return rest
  }

  #readOn(chunk: Buffer, at: number): number {
    if (this.#decoder !== undefined) {
      const isDone = this.#decoder.push(chunk, at, (part) => this.#events.content(part))
      if (isDone) this.#end()
      return isDone ? chunk.length - this.#decoder.next : 0
    }
    const end = this.left === undefined ? chunk.length : Math.min(chunk.length, at + this.left)
    if (this.left !== undefined) this.left -= end - at
    if (end > at) this.#events.content(chunk.subarray(at, end))
    if (this.left === 0) this.#end()
    return chunk.length - end
  }

  #end(): void {
    this.isOver = true
    this.#events.finished()
  }
}
