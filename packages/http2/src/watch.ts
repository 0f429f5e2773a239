/** What takes too long on a connection: looked after once a sweep, so that no request needs a timer. */
import { RoundtripError } from '@roundtrip/errors'
import type { Exchange } from './exchange.ts'
import type { Http2Limits } from './limits.ts'
import type { Output } from './output.ts'
import type { ErrorCodeName } from './protocol-error.ts'
import type { ServerState } from './server-state.ts'
import type { ServerStream } from './server-stream.ts'

/** Less than this is no progress of a response. */
const progressBytes = 1024

/** What a connection lets itself be asked and told. */
interface Watched {
  readonly exchange: Exchange
  readonly output: Output
  readonly isEnding: boolean
  readonly isDraining: boolean
  readonly isAmidHead: boolean
  finishDrain(): void
  end(code: ErrorCodeName): void
  destroy(): void
}

export class Watch {
  readonly #connection: Watched
  readonly #server: ServerState
  readonly #limits: Http2Limits
  #wasDraining = false
  #endingMs = 0
  #headMs = 0
  #idleMs = 0
  #unwrittenMs = 0
  #seenRequests = 0
  #seenProgress = 0

  constructor(connection: Watched, server: ServerState) {
    this.#connection = connection
    this.#server = server
    this.#limits = server.limits
  }

  /** @param elapsedMs since the last sweep */
  sweep(elapsedMs: number): void {
    const connection = this.#connection
    if (connection.isEnding) {
      this.#endingMs += elapsedMs
      if (this.#endingMs > this.#limits.lingerMs) connection.destroy()
      return
    }
    // A whole sweep after it began: a client that answers no PING has had its time.
    if (this.#wasDraining) connection.finishDrain()
    this.#wasDraining = connection.isDraining
    if (this.#isStuck(elapsedMs)) {
      this.#server.stalled += 1
      // A socket that takes nothing takes no GOAWAY either.
      connection.destroy()
      return
    }
    this.#watchHead(elapsedMs)
    this.#watchIdle(elapsedMs)
    for (const stream of connection.exchange.streams.open) {
      this.#watchResponse(stream, elapsedMs)
      this.#watchContent(stream, elapsedMs)
    }
  }

  #isStuck(elapsedMs: number): boolean {
    const { output } = this.#connection
    const hasMoved = output.unwrittenBytes === 0 || output.progress !== this.#seenProgress
    this.#seenProgress = output.progress
    this.#unwrittenMs = hasMoved ? 0 : this.#unwrittenMs + elapsedMs
    return this.#unwrittenMs > this.#limits.writeStallMs
  }

  #watchHead(elapsedMs: number): void {
    this.#headMs = this.#connection.isAmidHead ? this.#headMs + elapsedMs : 0
    if (this.#headMs <= this.#limits.headerTimeoutMs) return
    this.#server.stalled += 1
    this.#connection.end('ENHANCE_YOUR_CALM')
  }

  /** PING and the like keep nothing alive. */
  #watchIdle(elapsedMs: number): void {
    const { streams } = this.#connection.exchange
    const isIdle = streams.inFlight === 0 && streams.requests === this.#seenRequests
    this.#seenRequests = streams.requests
    this.#idleMs = isIdle ? this.#idleMs + elapsedMs : 0
    if (this.#idleMs > this.#limits.idleTimeoutMs) this.#connection.end('NO_ERROR')
  }

  /** A client that keeps its window shut holds our memory (CVE-2019-9517). */
  #watchResponse(stream: ServerStream, elapsedMs: number): void {
    const { queue } = this.#connection.exchange
    // Waiting for its turn on a slow connection is no fault of the client's.
    const isHeldBack = stream.pending !== undefined && (stream.sendWindow <= 0 || queue.window <= 0)
    if (!isHeldBack || stream.sentBytes - stream.sentMark >= progressBytes) {
      stream.sentMark = stream.sentBytes
      stream.stalledMs = 0
      return
    }
    stream.stalledMs += elapsedMs
    if (stream.stalledMs <= this.#limits.writeStallMs) return
    this.#server.stalled += 1
    this.#connection.exchange.reset(stream, 'CANCEL', 'aborted')
  }

  /** Only while somebody waits: a client does not answer for a slow reader. */
  #watchContent(stream: ServerStream, elapsedMs: number): void {
    const { body } = stream
    if (body?.isAwaited !== true) return
    const { bodyGraceMs, minBodyBytesPerSecond } = this.#limits
    stream.awaitedMs += elapsedMs
    const isSlow = body.receivedBytes < (stream.awaitedMs * minBodyBytesPerSecond) / 1000
    if (stream.awaitedMs <= bodyGraceMs || !isSlow) return
    this.#server.stalled += 1
    if (stream.hasResponded) this.#connection.exchange.reset(stream, 'CANCEL', 'aborted')
    else body.destroy(new RoundtripError('REQUEST_TIMEOUT'))
  }
}
