/** The streams of one connection: which are open, which were (RFC 9113 §5.1), and how many requests are worked on. */
import type { Occupancy } from '@roundtrip/http'
import { OpenStreams } from './open-streams.ts'
import type { ServerStream } from './server-stream.ts'

/** Streams that we reset; the client may not know yet and go on sending, which is no error. */
const maxRemembered = 256

export class Streams {
  readonly open = new OpenStreams()
  /** The last stream the client has opened. */
  lastId = 0
  /** Streams above are no longer taken: GOAWAY says so (RFC 9113 §6.8). */
  #lastTakenId = Number.POSITIVE_INFINITY
  /** Requests begun. */
  requests = 0
  /** Requests whose end has not been told. */
  inFlight = 0
  /** Told when that leaves 0 or comes back to it. */
  occupancy: Occupancy | undefined = undefined
  /** Handlers that still work though their stream is gone: a client that resets does not get their places (CVE-2023-44487). */
  #orphans = 0
  readonly #resetByUs = new Set<number>()

  /** Streams that take up a place. */
  get busy(): number {
    return this.open.size + this.#orphans
  }

  /** The last stream that was or may be served, as GOAWAY tells it: what was told once does not grow any more. */
  get lastTakenId(): number {
    return Math.min(this.lastId, this.#lastTakenId)
  }

  get takesMore(): boolean {
    return this.#lastTakenId === Number.POSITIVE_INFINITY
  }

  takeNoMore(): void {
    this.#lastTakenId = this.lastTakenId
  }

  isTaken(id: number): boolean {
    return id <= this.#lastTakenId
  }

  /** A client opens streams of odd numbers, each higher than the one before. */
  isIdle(id: number): boolean {
    return id > this.lastId || id % 2 === 0
  }

  noteReset(id: number): void {
    this.#resetByUs.add(id)
    if (this.#resetByUs.size <= maxRemembered) return
    for (const oldest of this.#resetByUs) {
      this.#resetByUs.delete(oldest)
      break
    }
  }

  /** What comes on it was sent before the client knew that we do not want it: no error of the client's. */
  isRefused(id: number): boolean {
    return this.#resetByUs.has(id) || !this.isTaken(id)
  }

  add(stream: ServerStream): void {
    this.open.add(stream)
    this.requests += 1
    this.inFlight += 1
    if (this.inFlight === 1) this.occupancy?.busy()
  }

  /** The end of a request has been told. */
  settle(): void {
    this.inFlight -= 1
    if (this.inFlight === 0) this.occupancy?.idle()
  }

  remove(stream: ServerStream): void {
    if (!this.open.delete(stream)) return
    stream.isClosed = true
    if (!stream.isHandled) this.#orphans += 1
  }

  /** The stream's handler has come to an end. */
  noteHandled(stream: ServerStream): void {
    if (stream.isHandled) return
    stream.isHandled = true
    if (stream.isClosed) this.#orphans -= 1
  }
}
