/** What moved on a socket between two looks at it: sampled from its counters, so that traffic itself pays nothing. */
import type { Socket } from 'node:net'

export class Activity {
  /** Nothing arrived and nothing left. */
  silentMs = 0
  /** Nothing left although something waits; 0 when nothing does. */
  writeStalledMs = 0
  readonly #socket: Socket
  #readBytes = 0
  #writtenBytes = 0

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
    // At the first look something may just have been written: a moment, not a stall.
    this.writeStalledMs = writableLength === 0 ? 0 : isWriting ? 1 : this.writeStalledMs + sinceLastMs
  }
}
