/** The body of a response on its way out: held back while the client does not read, broken off when it is not whole. */
// Imported, though it is a global: that one is a getter, which V8 looks up for each call.
import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { isLending } from '@roundtrip/http'
import { chunkedEnd, chunkStart } from '../chunked.ts'
import { writeLatin1 } from '../latin1.ts'
import { SharedBuffer } from '../shared-buffer.ts'
import { textOf, type ResponseFraming, type SerializedHead } from './response-head.ts'

/** A body that is being sent. */
export interface Sending {
  /** Content octets handed to the connection. */
  readonly bodyBytes: number
  /** Whether all of it is at hand, so that nobody needs to be waited for but the client. */
  readonly isAtHand: boolean
  /** The connection is gone: lets go of the body. */
  abort(): void
}

/** @param isWhole whether the last octet was handed over; else the body failed, and no client may take it for whole */
export type Ended = (isWhole: boolean) => void

/** Larger bodies go out in slices: every slice that leaves shows that the client still reads. */
const sliceBytes = 65_536
/** Up to here one copy is cheaper than a gathering write. */
const maxCopyBytes = 32_768

const newOutgoing = (): SharedBuffer => new SharedBuffer(8192)

/** For whole responses, of all connections. */
let outgoing = newOutgoing()

/** Whether the stream passes on what is written to it before the write returns. */
const isIdle = (socket: Socket): boolean => socket.writableLength === 0 && socket.writableCorked === 0

/** TLS has encrypted what was written to it when the write returns; the kernel may still have to read it. */
const isStillRead = (socket: Socket): boolean => !('encrypted' in socket) && socket.writableLength > 0

/** Sends head and body in one write. @param flushed called when the kernel has the last octet @returns octets of the body */
export const sendWhole = (
  socket: Socket,
  head: SerializedHead,
  body: Uint8Array | string,
  flushed?: (error?: Error | null) => void,
): number => {
  if (typeof body === 'string') {
    const bytes = Buffer.byteLength(body)
    // Only ASCII has as many octets as characters, and is the same in Latin-1.
    if (bytes === body.length) socket.write(textOf(head) + body, 'latin1', flushed)
    else socket.write(Buffer.concat([Buffer.from(textOf(head), 'latin1'), Buffer.from(body)]), flushed)
    return bytes
  }
  const { octets: beginning } = head.beginning
  const headBytes = beginning.length + head.rest.length
  const bytes = headBytes + body.byteLength
  const isShared = bytes <= outgoing.octets.length && isIdle(socket)
  const octets = isShared ? outgoing.first(bytes) : Buffer.allocUnsafe(bytes)
  octets.set(beginning, 0)
  writeLatin1(octets, head.rest, beginning.length)
  octets.set(body, headBytes)
  socket.write(octets, flushed)
  if (isShared && isStillRead(socket)) outgoing = newOutgoing()
  return body.byteLength
}

/** Whether `sendWhole` is the way for this body. */
export const isSmall = (body: Uint8Array | string): boolean =>
  (typeof body === 'string' ? body.length : body.byteLength) <= maxCopyBytes

/** A large body in memory. */
export class BytesSending implements Sending {
  bodyBytes = 0
  readonly isAtHand = true
  readonly #socket: Socket
  readonly #bytes: Uint8Array
  readonly #flushed: () => void
  readonly #ended: Ended

  constructor(socket: Socket, body: Uint8Array | string, flushed: () => void, ended: Ended) {
    this.#socket = socket
    this.#bytes = typeof body === 'string' ? Buffer.from(body) : body
    this.#flushed = flushed
    this.#ended = ended
  }

  start(head: string): void {
    this.#socket.cork()
    this.#socket.write(head, 'latin1')
    this.#pump()
    this.#socket.uncork()
  }

  abort(): void {
    this.#socket.removeListener('drain', this.#pump)
  }

  readonly #pump = (): void => {
    for (;;) {
      const end = Math.min(this.#bytes.byteLength, this.bodyBytes + sliceBytes)
      const slice = this.#bytes.subarray(this.bodyBytes, end)
      this.bodyBytes = end
      if (end === this.#bytes.byteLength) {
        this.#socket.write(slice, this.#flushed)
        this.#ended(true)
        return
      }
      if (!this.#socket.write(slice)) {
        this.#socket.once('drain', this.#pump)
        return
      }
    }
  }
}

/** A body that somebody else still makes. */
export class StreamSending implements Sending {
  bodyBytes = 0
  readonly isAtHand = false
  readonly #socket: Socket
  readonly #body: Readable
  readonly #giveBack: ((chunk: Uint8Array) => void) | undefined
  readonly #framing: ResponseFraming
  readonly #flushed: () => void
  readonly #ended: Ended
  #isOver = false

  constructor(socket: Socket, body: Readable, framing: ResponseFraming, flushed: () => void, ended: Ended) {
    this.#socket = socket
    this.#body = body
    this.#giveBack = isLending(body) ? (chunk) => body.giveBack(chunk) : undefined
    this.#framing = framing
    this.#flushed = flushed
    this.#ended = ended
  }

  start(head: string): void {
    const body = this.#body
    const socket = this.#socket
    socket.cork()
    socket.write(head, 'latin1')
    body.on('data', (chunk: Uint8Array | string) => this.#write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk))
    body.once('end', () => this.#finish())
    body.on('error', () => this.#fail())
    body.once('close', () => {
      if (!body.readableEnded) this.#fail()
    })
    // Head and first content leave together when the content is there already.
    process.nextTick(() => socket.uncork())
    // Failed before we listened: none of its events will come any more.
    if (body.destroyed || body.readableEnded) this.#fail()
  }

  abort(): void {
    this.#isOver = true
    this.#body.destroy()
  }

  #write(content: Uint8Array): void {
    const { contentLength } = this.#framing
    // An empty chunk would be the last one.
    if (this.#isOver || content.byteLength === 0) return
    if (contentLength !== undefined && this.bodyBytes + content.byteLength > contentLength) {
      this.#fail()
      return
    }
    const isFirst = this.bodyBytes === 0
    this.bodyBytes += content.byteLength
    if (this.#framing.isChunked) this.#writeChunk(content, isFirst)
    else this.#writeContent(content)
    if (this.#socket.writableNeedDrain) {
      this.#body.pause()
      this.#socket.once('drain', () => this.#body.resume())
    }
  }

  #writeChunk(content: Uint8Array, isFirst: boolean): void {
    this.#socket.cork()
    this.#socket.write(chunkStart(content.byteLength, isFirst), 'latin1')
    this.#writeContent(content)
    this.#socket.uncork()
  }

  /** What failed to be written may be in the kernel's hands still: it is not given back. */
  #writeContent(content: Uint8Array): void {
    const giveBack = this.#giveBack
    if (giveBack === undefined) this.#socket.write(content)
    else {
      this.#socket.write(content, (error) => {
        if (error === null || error === undefined) giveBack(content)
      })
    }
  }

  /** A body of another length than announced is broken off: what follows would be read as another response, or awaited in vain. */
  #finish(): void {
    const { contentLength, isChunked } = this.#framing
    if (this.#isOver) return
    if (contentLength !== undefined && this.bodyBytes !== contentLength) {
      this.#fail()
      return
    }
    this.#isOver = true
    const socket = this.#socket
    const isOut = !isChunked && socket.writableLength === 0 && socket.errored === null
    if (!isOut) socket.write(isChunked ? chunkedEnd(this.bodyBytes === 0) : '', 'latin1', this.#flushed)
    this.#ended(true)
    if (isOut) this.#flushed()
  }

  #fail(): void {
    if (this.#isOver) return
    this.#body.destroy()
    // The client has all that was announced, and may be at its next request on this connection already.
    if (this.bodyBytes > 0 && this.bodyBytes === this.#framing.contentLength) {
      this.#finish()
      return
    }
    this.#isOver = true
    this.#ended(false)
  }
}
