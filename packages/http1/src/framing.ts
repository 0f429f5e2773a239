/** What the head of a message says about the length of its body (RFC 9112 §6) and about the connection (§9.3). */
import { isFieldName } from '@roundtrip/http'
import { malformed, type MessageKind } from './malformed.ts'

/** More digits than any body has octets, and still exact as a number. */
const maxDigits = 15
const decimal = /^(?:0|[1-9]\d*)$/

/** One token that no other parser could take for `chunked`, nor for a coding that would have to be undone (RFC 9112 §7). */
const isUnknownCoding = (value: string): boolean =>
  isFieldName(value) && !/chunk|gzip|deflate|compress|identity/i.test(value)

/** Collects the fields that decide where a message ends; each of them may stand there once. */
export class Framing {
  /** Undefined when there is no Content-Length. */
  contentLength: number | undefined
  isChunked = false
  /** Responses only: a transfer coding that is in no registry. */
  hasUnknownCoding = false
  /** Connection options, in lower case; empty when there are none. */
  closes = false
  keepsAlive = false
  /** Whether Connection names fields that are for this hop only. */
  namesFields = false
  readonly #kind: MessageKind

  constructor(kind: MessageKind) {
    this.#kind = kind
  }

  /** For the next message: heads are read one after the other, and need no more than one of these. */
  reset(): void {
    this.contentLength = undefined
    this.isChunked = false
    this.hasUnknownCoding = false
    this.closes = false
    this.keepsAlive = false
    this.namesFields = false
  }

  /**
   * A list of lengths is refused even when all are equal, and so are leading zeros: RFC 9112 §6.3 lets us, and no
   * honest sender needs either.
   */
  noteContentLength(value: string): void {
    if (this.contentLength !== undefined) throw malformed(this.#kind, 'Content-Length is there twice.')
    if (this.isChunked || this.hasUnknownCoding) this.#refuseBoth()
    if (value.length > maxDigits || !decimal.test(value)) {
      throw malformed(this.#kind, 'Content-Length is not a number that a body can have.')
    }
    this.contentLength = Number(value)
  }

  /**
   * Only `chunked`, and only once: no other transfer coding is in use, and disagreement about them smuggles requests. A
   * response whose coding is nobody's ends with its connection (RFC 9112 §6.3), which nothing can stand behind.
   */
  noteTransferEncoding(value: string): void {
    if (this.contentLength !== undefined) this.#refuseBoth()
    if (this.#kind === 'response' && !this.isChunked && !this.hasUnknownCoding && isUnknownCoding(value)) {
      this.hasUnknownCoding = true
      this.closes = true
      return
    }
    if (this.isChunked || this.hasUnknownCoding || value.toLowerCase() !== 'chunked') {
      throw malformed(this.#kind, 'Transfer-Encoding must be chunked, and nothing else.')
    }
    this.isChunked = true
  }

  noteConnection(value: string): void {
    if (value === 'keep-alive') {
      this.keepsAlive = true
      return
    }
    for (const option of value.toLowerCase().split(',')) {
      const name = option.trim()
      if (name === 'close') this.closes = true
      else if (name === 'keep-alive') this.keepsAlive = true
      else if (name !== '') this.namesFields = true
    }
  }

  /** Whether the connection stays open behind this message (RFC 9112 §9.3). */
  isPersistent(version: '1.0' | '1.1'): boolean {
    return !this.closes && (version === '1.1' || this.keepsAlive)
  }

  #refuseBoth(): never {
    throw malformed(this.#kind, 'Content-Length stands beside Transfer-Encoding.')
  }
}
