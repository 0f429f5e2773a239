/** The content of a request as a stream that gives window back as it is read (RFC 9113 §5.2). */
import { Readable } from 'node:stream'

/** Smaller pieces are gathered, so that octets sent one by one cost no more memory than octets. */
const gatheredBytes = 4096

export class RequestBody extends Readable {
  readonly #onConsumed: (bytes: number) => void
  readonly #onFirstRead: () => void
  #waiting: Buffer[] = []
  /** Octets used of the last of `#waiting`, when it is one to gather in. */
  #gathered = 0
  #receivedBytes = 0
  #creditedBytes = 0
  #pushedBytes = 0
  #isRead = false
  #isWanted = false
  #isEnded = false

  /**
   * @param onConsumed told how many octets of the window are free again
   * @param onFirstRead told when somebody begins to read
   */
  constructor(onConsumed: (bytes: number) => void, onFirstRead: () => void) {
    super({ highWaterMark: gatheredBytes * 4 })
    this.#onConsumed = onConsumed
    this.#onFirstRead = onFirstRead
    // A handler that never reads does not listen either; unheard, an error would end the process.
    this.on('error', () => undefined)
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Whether somebody reads faster than the client sends. */
  get isAwaited(): boolean {
    return this.#isWanted && !this.#isEnded && !this.destroyed
  }

  receive(chunk: Buffer): void {
    this.#receivedBytes += chunk.length
    if (this.destroyed) this.#credit(chunk.length)
    else if (this.#isWanted) this.#give(chunk.length < gatheredBytes ? Buffer.from(chunk) : chunk)
    else this.#gather(chunk)
  }

  finish(): void {
    this.#isEnded = true
    if (this.#waiting.length === 0 && !this.destroyed) this.push(null)
  }

  override _read(): void {
    if (!this.#isRead) {
      this.#isRead = true
      this.#onFirstRead()
    }
    this.#isWanted = true
    this.#credit(this.#pushedBytes - this.readableLength - this.#creditedBytes)
    while (this.#waiting.length > 0 && this.#isWanted) this.#give(this.#takeWaiting())
    if (this.#isEnded && this.#waiting.length === 0) this.push(null)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#waiting = []
    this.#credit(this.#receivedBytes - this.#creditedBytes)
    done(error)
  }

  #give(chunk: Buffer): void {
    this.#pushedBytes += chunk.length
    this.#isWanted = this.push(chunk)
  }

  #gather(chunk: Buffer): void {
    const last = this.#waiting.at(-1)
    const room = last === undefined || this.#gathered === 0 ? 0 : last.length - this.#gathered
    if (last !== undefined && chunk.length <= room) {
      this.#gathered += chunk.copy(last, this.#gathered)
      return
    }
    this.#trim()
    if (chunk.length >= gatheredBytes) {
      this.#waiting.push(chunk)
      return
    }
    const fresh = Buffer.allocUnsafeSlow(gatheredBytes)
    this.#gathered = chunk.copy(fresh)
    this.#waiting.push(fresh)
  }

  /** Ends the gathering in the last piece. */
  #trim(): void {
    const last = this.#waiting.at(-1)
    if (last !== undefined && this.#gathered > 0)
      this.#waiting[this.#waiting.length - 1] = last.subarray(0, this.#gathered)
    this.#gathered = 0
  }

  #takeWaiting(): Buffer {
    if (this.#waiting.length === 1) this.#trim()
    return this.#waiting.shift() ?? Buffer.alloc(0)
  }

  #credit(bytes: number): void {
    if (bytes <= 0) return
    this.#creditedBytes += bytes
    this.#onConsumed(bytes)
  }
}
