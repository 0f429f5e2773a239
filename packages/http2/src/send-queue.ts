/** Who may send content next: streams take turns, a frame each, within the windows and what the socket takes. */
import { isLending } from '@roundtrip/http'
import { defaultFrameBytes } from './frame-types.ts'
import { writeData } from './frame-writer.ts'
import type { Output } from './output.ts'
import type { ServerStream } from './server-stream.ts'

/** Octets that wait in the socket at most before content waits here, where streams are still equals. */
const maxUnwrittenBytes = 262_144

const empty = new Uint8Array(0)

export interface SendQueueEvents {
  /** Told of each DATA frame. */
  onSent(bytes: number): void
  /** END_STREAM is out. */
  onFinished(stream: ServerStream): void
}

export class SendQueue {
  /** What the client lets us send on the whole connection. */
  window: number
  readonly #output: Output
  readonly #events: SendQueueEvents
  #ready: ServerStream[] = []
  #next = 0

  constructor(output: Output, window: number, events: SendQueueEvents) {
    this.#output = output
    this.window = window
    this.#events = events
  }

  /** For a stream with something to send, or with a window that has opened. */
  add(stream: ServerStream): void {
    if (stream.isQueued || stream.isClosed || !stream.hasPending) return
    stream.isQueued = true
    this.#ready.push(stream)
  }

  pump(): void {
    while (this.#next < this.#ready.length && this.#output.unwrittenBytes < maxUnwrittenBytes) {
      const stream = this.#ready[this.#next]
      if (stream === undefined || (this.window <= 0 && stream.pending !== undefined)) break
      this.#next += 1
      stream.isQueued = false
      if (!stream.isClosed) this.#sendOne(stream)
    }
    if (this.#next === this.#ready.length) this.#ready.length = 0
    else if (this.#next > 64) this.#ready = this.#ready.slice(this.#next)
    else return
    this.#next = 0
  }

  #sendOne(stream: ServerStream): void {
    const bytes = stream.pending ?? empty
    const start = stream.pendingOffset
    const left = bytes.byteLength - start
    const size = Math.min(left, stream.sendWindow, this.window, defaultFrameBytes)
    // The stream's own window is closed: it comes back with WINDOW_UPDATE.
    if (left > 0 && size <= 0) return
    const isWhole = size === left
    writeData(this.#output, stream.id, isWhole && stream.isLast, bytes, start, start + size)
    stream.sendWindow -= size
    this.window -= size
    stream.sentBytes += size
    this.#events.onSent(size)
    if (!isWhole) {
      stream.pendingOffset += size
      this.add(stream)
      return
    }
    stream.pending = undefined
    stream.pendingOffset = 0
    // What was sent is a copy, in frames.
    if (stream.source !== undefined && isLending(stream.source)) stream.source.giveBack(bytes)
    if (stream.isLast) this.#events.onFinished(stream)
    else stream.source?.resume()
  }
}
