/** The content of a request as a stream: decoded as it arrives, read no faster than somebody wants it. */
import { Readable } from 'node:stream'
import { ChunkedDecoder, defaultChunkedLimits } from '../chunked.ts'
import type { RequestHead } from '../parse-request.ts'

/** Sixteen thousand chunks of one octet each: more than anybody types. */
const limits = { ...defaultChunkedLimits, maxExcessBytes: 65_536 }

/** Chunks below are put together with their neighbours, as far as they arrive in one read. */
const gatheredBytes = 4096

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
  /** What is being fed, and where in it content that was gathered stands: always before what it is gathered from. */
  #octets: Buffer | undefined
  #gatheredFrom = 0
  #gatheredTo = 0

  /** @param wanted called whenever somebody begins to read, or has read what there was */
  constructor(head: RequestHead, wanted: () => void) {
    super()
    this.#wanted = wanted
    this.#chunked = head.isChunked ? new ChunkedDecoder('request', limits) : undefined
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
   * Takes what has arrived, and may write over it up to `next`.
   *
   * @returns whether the body is complete; `next` then points behind it
   * @throws RoundtripError when the chunked coding is malformed
   */
  feed(octets: Buffer, offset: number): boolean {
    if (this.#chunked === undefined) this.#feedCounted(octets, offset)
    else this.#feedChunks(this.#chunked, octets, offset)
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

  #feedChunks(chunked: ChunkedDecoder, octets: Buffer, offset: number): void {
    this.#octets = octets
    this.#gatheredFrom = offset
    this.#gatheredTo = offset
    this.isComplete = chunked.push(octets, offset, this.#gather)
    this.next = chunked.next
    this.#takeGathered(octets)
    this.#octets = undefined
  }

  readonly #gather = (content: Buffer): void => {
    const octets = this.#octets as Buffer
    if (content.length < gatheredBytes) {
      octets.set(content, this.#gatheredTo)
      this.#gatheredTo += content.length
      return
    }
    this.#takeGathered(octets)
    this.#take(content)
    this.#gatheredFrom = content.byteOffset - octets.byteOffset + content.length
    this.#gatheredTo = this.#gatheredFrom
  }

  #takeGathered(octets: Buffer): void {
    if (this.#gatheredTo > this.#gatheredFrom) this.#take(octets.subarray(this.#gatheredFrom, this.#gatheredTo))
  }

  readonly #take = (content: Buffer): void => {
    // Nobody will read what is destroyed, but its end still has to be found.
    if (!this.destroyed && !this.push(content)) this.isFull = true
  }
}

/** Whether there is content to wait for; a length of 0 is none. */
export const hasContent = ({ isChunked, contentLength }: RequestHead): boolean => isChunked || (contentLength ?? 0) > 0
