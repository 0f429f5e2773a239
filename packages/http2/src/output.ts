/** What goes out to the peer: all frames of one turn of the event loop leave in one write. */
import type { Socket } from 'node:net'

const slabBytes = 65_536
/** Smaller writes are copied, so that a peer which reads slowly holds on to no whole slab. */
const copiedBytes = 8192
const maxIdleSlabs = 16
const idleSlabs: Buffer[] = []

/** Told when the octets it stands for were handed over, or never will be. */
export interface Written {
  onWritten(isWritten: boolean): void
}

const noSlab: Buffer = Buffer.alloc(0)
const none: Written[] = []

export class Output {
  /** Write at `offset` after `reserve`, and move it. */
  slab: Buffer = noSlab
  offset = 0
  readonly #socket: Socket
  readonly #onProgress: () => void
  #unwrittenBytes = 0
  #progress = 0
  #isFlushPlanned = false
  #endings: Written[] = none

  /** @param onProgress called whenever the socket has taken a write over */
  constructor(socket: Socket, onProgress: () => void) {
    this.#socket = socket
    this.#onProgress = onProgress
  }

  /** Octets that the socket has not taken over yet. */
  get unwrittenBytes(): number {
    return this.#unwrittenBytes + this.offset
  }

  /** Grows with each write that was taken over. */
  get progress(): number {
    return this.#progress
  }

  /** @param bytes at most the size of a slab, 64 KiB */
  reserve(bytes: number): void {
    if (this.slab.length - this.offset < bytes) {
      if (this.offset > 0) this.flush()
      this.slab = idleSlabs.pop() ?? Buffer.allocUnsafeSlow(slabBytes)
    }
    if (this.#isFlushPlanned) return
    this.#isFlushPlanned = true
    // After the microtasks of this turn: every answer that is ready at once shares a write, and a TLS record.
    process.nextTick(this.#flushPlanned)
  }

  /** What was written up to here ends something. */
  noteEnding(ending: Written): void {
    if (this.#endings === none) this.#endings = [ending]
    else this.#endings.push(ending)
  }

  readonly #flushPlanned = (): void => {
    this.#isFlushPlanned = false
    this.flush()
  }

  flush(): void {
    const { slab, offset } = this
    if (offset === 0) return
    const endings = this.#endings
    this.#endings = none
    this.offset = 0
    this.slab = noSlab
    this.#unwrittenBytes += offset
    const isCopied = offset <= copiedBytes
    const bytes = isCopied ? Buffer.from(slab.subarray(0, offset)) : slab.subarray(0, offset)
    if (isCopied) release(slab)
    this.#socket.write(bytes, (error) => {
      if (!isCopied) release(slab)
      this.#unwrittenBytes -= offset
      this.#progress += 1
      const isWritten = error === null || error === undefined
      for (const ending of endings) ending.onWritten(isWritten)
      this.#onProgress()
    })
  }
}

const release = (slab: Buffer): void => {
  if (idleSlabs.length < maxIdleSlabs) idleSlabs.push(slab)
}
