/** The content of a request as a stream: decoded as it arrives, read no faster than somebody wants it. */
import { Readable } from 'node:stream'
import { ChunkedDecoder } from '../chunked.ts'
import type { RequestHead } from '../parse-request.ts'

export class RequestBody extends Readable {
  /** Where, in the octets last fed, those behind the body begin. */
  next = 0
  /** Octets of the body that have arrived, framing included. */
  receivedBytes = 0
  /** Whether the last octet has arrived. */
  isComplete = false
  /** Whether enough waits to be read: more would only fill memory. */
  isFull = false
  readonly #wanted: () => void
  readonly #chunked: ChunkedDecoder | undefined
  #leftBytes: number

  /** @param wanted called whenever somebody begins to read, or has read what there was */
  constructor(head: RequestHead, wanted: () => void) {
    super()
    this.#wanted = wanted
    this.#chunked = head.isChunked ? new ChunkedDecoder('request') : undefined
    this.#leftBytes = head.contentLength ?? 0
    // A handler that never reads does not listen either; unheard, the error of a lost client would end the process.
    this.on('error', () => undefined)
  }

  /** Octets that are still to come; undefined when the client has not said. */
  get leftBytes(): number | undefined {
    return this.#chunked === undefined ? this.#leftBytes : undefined
  }

  override _read(): void {
    this.isFull = false
    this.#wanted()
  }

  /**
   * Takes what has arrived.
   *
   * @returns whether the body is complete; `next` then points behind it
   * @throws RoundtripError when the chunked coding is malformed
   */
  feed(octets: Buffer, offset: number): boolean {
    if (this.#chunked === undefined) this.#feedCounted(octets, offset)
    else {
      this.isComplete = this.#chunked.push(octets, offset, this.#take)
      this.next = this.#chunked.next
    }
    this.receivedBytes += this.next - offset
    if (this.isComplete) this.push(null)
    return this.isComplete
  }

  #feedCounted(octets: Buffer, offset: number): void {
    this.next = Math.min(octets.length, offset + this.#leftBytes)
    this.#leftBytes -= this.next - offset
    if (this.next > offset) this.#take(octets.subarray(offset, this.next))
    this.isComplete = this.#leftBytes === 0
  }

  readonly #take = (content: Buffer): void => {
    // Nobody will read what is destroyed, but its end still has to be found.
    if (!this.destroyed && !this.push(content)) this.isFull = true
  }
}

/** Whether there is content to wait for; a length of 0 is none. */
export const hasContent = ({ isChunked, contentLength }: RequestHead): boolean => isChunked || (contentLength ?? 0) > 0
