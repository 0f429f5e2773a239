/** What goes out to the peer: all frames of one turn of the event loop leave in one write, and one write follows the other. */
import type { Socket } from 'node:net'

/** What most writes fit into: many connections may have something to write at the same time. */
const smallSlabs = { bytes: 16_384, maxIdle: 64, idle: [] as Buffer[] }
const largeSlabs = { bytes: 65_536, maxIdle: 16, idle: [] as Buffer[] }
/** Smaller writes are copied, so that a peer which reads slowly holds on to no whole slab. */
const copiedBytes = 8192

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
  readonly #isMoreToCome: () => boolean
  #unwrittenBytes = 0
  #progress = 0
  #isFlushPlanned = false
  #endings: Written[] = none

  /**
   * @param onProgress called whenever the socket has taken a write over
   * @param isMoreToCome whether more may be ready when the event loop has looked at all other sockets
   */
  constructor(socket: Socket, onProgress: () => void, isMoreToCome: () => boolean = () => false) {
    this.#socket = socket
    this.#onProgress = onProgress
    this.#isMoreToCome = isMoreToCome
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
    if (this.slab.length - this.offset < bytes) this.#makeRoom(bytes)
    if (this.#isFlushPlanned) return
    this.#isFlushPlanned = true
    // After the microtasks of this turn: every answer that is ready at once shares a write, and a TLS record.
    process.nextTick(this.#endOfTurn)
  }

  /** What was written up to here ends something. */
  noteEnding(ending: Written): void {
    if (this.#endings === none) this.#endings = [ending]
    else this.#endings.push(ending)
  }

  #makeRoom(bytes: number): void {
    if (this.offset + bytes > largeSlabs.bytes) this.flush()
    const { slab, offset } = this
    this.slab = take(offset + bytes)
    slab.copy(this.slab, 0, 0, offset)
    release(slab)
  }

  readonly #endOfTurn = (): void => {
    if (this.#isMoreToCome()) setImmediate(this.#flushPlanned)
    else this.#flushPlanned()
  }

  /** What comes while the socket is still busy would wait there; here it grows into one record. */
  readonly #flushPlanned = (): void => {
    this.#isFlushPlanned = false
    if (this.#unwrittenBytes === 0) this.flush()
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
      if (!this.#isFlushPlanned) this.#flushPlanned()
    })
  }
}

const take = (bytes: number): Buffer => {
  const slabs = bytes <= smallSlabs.bytes ? smallSlabs : largeSlabs
  return slabs.idle.pop() ?? Buffer.allocUnsafeSlow(slabs.bytes)
}

const release = (slab: Buffer): void => {
  if (slab.length === 0) return
  const { idle, maxIdle } = slab.length === smallSlabs.bytes ? smallSlabs : largeSlabs
  if (idle.length < maxIdle) idle.push(slab)
}
