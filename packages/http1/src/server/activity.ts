/** What moved on a socket between two looks at it: sampled from its counters, so that traffic itself pays nothing. */
import type { Socket } from 'node:net'

/** Less than this is no progress of a response, as over HTTP/2. */
const progressBytes = 1024

export class Activity {
  /** Nothing arrived and nothing left. */
  silentMs = 0
  /** Next to nothing left although something waits; 0 when nothing does. */
  writeStalledMs = 0
  readonly #socket: Socket
  #readBytes = 0
  #writtenBytes = 0
  /** When progress was last seen. */
  #progressAtBytes = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  sample(sinceLastMs: number): void {
    const { bytesRead, bytesWritten, writableLength } = this.#socket
    const written = bytesWritten - writableLength
    const isReading = bytesRead !== this.#readBytes
    const isWriting = written !== this.#writtenBytes
    this.#readBytes = bytesRead
    this.#writtenBytes = written
    this.silentMs = isReading || isWriting ? 0 : this.silentMs + sinceLastMs
    const hasProgressed = written - this.#progressAtBytes >= progressBytes
    if (writableLength === 0 || hasProgressed) this.#progressAtBytes = written
    // At the first look something may just have been written: a moment, not a stall.
    this.writeStalledMs = writableLength === 0 ? 0 : hasProgressed ? 1 : this.writeStalledMs + sinceLastMs
  }
}
