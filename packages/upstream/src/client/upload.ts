/** The content of a request on its way to a next hop (RFC 9112 §6, §7.1; RFC 9113 §8.1), held back when the next hop is slow. */
import type { Readable, Writable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'
import { chunkedEnd, chunkStart } from '@roundtrip/http1'
import type { RetainedContent } from '../retained-content.ts'

export interface UploadContent {
  readonly body: Readable
  /** As announced to the next hop. */
  readonly lengthBytes: number | undefined
  /** Whether it is to be coded in chunks. */
  readonly isChunked: boolean
  /** What attempts before this one have read of the body is sent first; what this one reads is noted. */
  readonly retained: RetainedContent | undefined
}

export interface UploadEvents {
  /** Everything was handed to the connection. */
  uploaded(): void
  /** The content cannot be sent to its end; what is on the wire is a part. */
  uploadFailed(error: RoundtripError): void
  /** Whether the next hop is waited for. */
  uploadStalled(isStalled: boolean): void
}

/** An error of our own (too large, too slow) stays what it is. */
const cutShort = (cause: unknown): RoundtripError =>
  cause instanceof RoundtripError ? cause : new RoundtripError('CLIENT_CLOSED_REQUEST', undefined, { cause })

export class Upload {
  readonly #sink: Writable
  readonly #isChunked: boolean
  readonly #body: Readable
  readonly #events: UploadEvents
  /** Octets that are still to come; undefined when none were announced. */
  #left: number | undefined
  #isFirstChunk = true
  #isOver = false
  readonly #retained: RetainedContent | undefined

  /** @param sink a connection, or a stream of one */
  constructor(sink: Writable, { body, lengthBytes, isChunked, retained }: UploadContent, events: UploadEvents) {
    this.#sink = sink
    this.#isChunked = isChunked
    this.#body = body
    this.#left = lengthBytes
    this.#retained = retained
    this.#events = events
  }

  /** Begins to read the content. Not before there is a connection: a request that was never sent may go elsewhere. */
  start(): void {
    const body = this.#body
    if (body.errored) return this.#fail(cutShort(body.errored))
    for (const part of this.#retained?.parts ?? []) this.#write(part)
    if (body.readableEnded || this.#left === 0) return this.#ended()
    body.on('error', this.#failed).once('end', this.#ended).once('close', this.#closed).on('data', this.#send)
    if (body.closed) return this.#closed()
    // An attempt before this one may have paused it.
    body.resume()
  }

  /** Sends no more of it. What is left is not read: that is for the server to do, whose connection it stands on. */
  stop(): void {
    if (this.#isOver) return
    this.#letGo()
    this.#body.pause()
  }

  #letGo(): void {
    this.#isOver = true
    const body = this.#body
    body.off('error', this.#failed).off('end', this.#ended).off('close', this.#closed).off('data', this.#send)
    this.#sink.off('drain', this.#drained)
  }

  readonly #send = (chunk: Uint8Array | string): void => {
    const octets = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (octets.byteLength === 0) return
    if (this.#left !== undefined && octets.byteLength > this.#left) {
      return this.#fail(new RoundtripError('BAD_REQUEST', 'The content is longer than its Content-Length.'))
    }
    this.#retained?.note(octets)
    if (!this.#write(octets)) {
      this.#body.pause()
      this.#events.uploadStalled(true)
      this.#sink.once('drain', this.#drained)
    }
    // Nothing that comes behind it is looked at: it could only be wrong, and the connection may have been given on.
    if (this.#left === 0) this.#ended()
  }

  #write(octets: Uint8Array): boolean {
    const sink = this.#sink
    if (this.#left !== undefined) this.#left -= octets.byteLength
    if (!this.#isChunked) return sink.write(octets)
    sink.cork()
    sink.write(chunkStart(octets.byteLength, this.#isFirstChunk), 'latin1')
    this.#isFirstChunk = false
    const isRoomLeft = sink.write(octets)
    sink.uncork()
    return isRoomLeft
  }

  readonly #drained = (): void => {
    this.#events.uploadStalled(false)
    this.#body.resume()
  }

  readonly #ended = (): void => {
    if (this.#isOver) return
    if (this.#left !== undefined && this.#left > 0) {
      return this.#fail(new RoundtripError('BAD_REQUEST', 'The content is shorter than its Content-Length.'))
    }
    if (this.#isChunked) this.#sink.write(chunkedEnd(this.#isFirstChunk), 'latin1')
    this.#letGo()
    // Its end may not have been read yet, and the server waits for that.
    this.#body.resume()
    this.#events.uploaded()
  }

  readonly #failed = (error: Error): void => this.#fail(cutShort(error))

  readonly #closed = (): void => {
    if (!this.#isOver) this.#fail(cutShort(this.#body.errored ?? undefined))
  }

  #fail(error: RoundtripError): void {
    if (this.#isOver) return
    this.stop()
    this.#events.uploadFailed(error)
  }
}
