/** HTTP/2 to one next hop: few connections, each shared by many requests (RFC 9113 §9.1). */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpRequest, HttpResponse } from '@roundtrip/http'
import { closedHere, unsent } from '../upstream-error.ts'
import { Dialer } from './dial.ts'
import { Exchange, type Carrier } from './exchange.ts'
import { http2Head } from './http2-request-head.ts'
import { Http2Session, type SessionOwner } from './http2-session.ts'
import type { Swept } from './sweep.ts'
import type { SendOptions, Transport, TransportStats, TransportTimeouts } from './transport.ts'
import { TransportLoad } from './transport-load.ts'
import type { ResolvedOptions } from './transport-options.ts'

export class Http2Transport implements Transport, SessionOwner, Carrier, Swept {
  readonly member: string
  readonly origin: string
  readonly timeouts: TransportTimeouts
  readonly clock: () => number
  readonly #options: ResolvedOptions
  readonly #dialer: Dialer
  /** All whose connection is there; those retired finish what they have. */
  readonly #sessions = new Set<Http2Session>()
  readonly #waiting: Exchange[] = []
  readonly #load = new TransportLoad({
    open: () => this.#sessions.size,
    idle: () => this.#idle(),
    waiting: () => this.#waiting.length,
  })
  readonly stats: TransportStats = this.#load
  #isWatched = false

  constructor(options: ResolvedOptions) {
    this.#options = options
    this.member = options.member
    this.origin = `${options.destination.tls === undefined ? 'http' : 'https'}://${options.member}`
    this.timeouts = options.timeouts
    this.clock = options.sweep.clock
    this.#dialer = new Dialer(options.destination, ['h2'])
  }

  send(request: HttpRequest, options: SendOptions): Promise<HttpResponse> {
    try {
      // Whatever cannot be sent shall not cost a connection.
      http2Head(request, 'http')
    } catch (error) {
      options.onEnd?.(error as RoundtripError)
      return Promise.reject(error)
    }
    const exchange = new Exchange(request, options, this.timeouts, this, this.clock(), this.#load.ended)
    this.#load.inFlight++
    exchange.heed()
    if (!exchange.isEnded) this.#admit(exchange)
    return exchange.response
  }

  async drain(): Promise<void> {
    void this.#load.drain()
    if (this.#waiting.length === 0) this.#retireAll()
    return this.#load.drain()
  }

  destroy(): void {
    void this.#load.drain()
    const error = closedHere(this.member)
    for (const exchange of this.#waiting.splice(0)) exchange.fail(error)
    for (const session of this.#sessions) session.destroy()
  }

  available(session: Http2Session): void {
    while (session.hasRoom) {
      const exchange = this.#waiting.shift()
      if (exchange === undefined) break
      session.begin(exchange)
    }
    if (this.#load.isDraining && this.#waiting.length === 0) this.#retireAll()
  }

  retired(_session: Http2Session, failure: RoundtripError | undefined): void {
    if (failure === undefined) return
    // Nobody who waits has a better prospect than the next attempt to connect, which it costs nothing to ask for elsewhere.
    for (const exchange of this.#waiting.splice(0)) exchange.fail(failure)
  }

  gone(session: Http2Session): void {
    this.#sessions.delete(session)
    this.#connectForWaiting()
  }

  callOff(exchange: Exchange, error: RoundtripError): void {
    const at = this.#waiting.indexOf(exchange)
    if (at !== -1) this.#waiting.splice(at, 1)
    exchange.fail(error)
  }

  sweep(nowMs: number): boolean {
    for (const exchange of this.#waiting.filter((one) => nowMs >= Math.min(one.queueDeadlineMs, one.totalDeadlineMs))) {
      this.callOff(
        exchange,
        unsent(this.member, 'UPSTREAM_TIMEOUT', 'No connection to the next hop became free in time.'),
      )
    }
    for (const session of this.#sessions) {
      session.sweep(nowMs)
      const isUnused = session.isConnected && session.inFlight === 0
      if (isUnused && nowMs - session.idleSinceMs >= this.#options.idleTimeoutMs) session.retire()
    }
    this.#isWatched = this.#sessions.size > 0 || this.#waiting.length > 0
    return this.#isWatched
  }

  #admit(exchange: Exchange): void {
    if (this.#load.isDraining)
      return exchange.fail(unsent(this.member, 'UPSTREAM_UNREACHABLE', 'The next hop is being drained.'))
    for (const session of this.#sessions) {
      if (session.hasRoom) {
        this.#load.reuses++
        return session.begin(exchange)
      }
    }
    const isFull = this.#sessions.size >= this.#options.maxConnections && !this.#isConnecting()
    if (isFull && this.#waiting.length >= this.#options.maxWaiting)
      return exchange.fail(unsent(this.member, 'UPSTREAM_OVERLOADED'))
    this.#waiting.push(exchange)
    this.#connectForWaiting()
  }

  #isConnecting(): boolean {
    for (const session of this.#sessions) if (!session.isConnected && !session.isRetired) return true
    return false
  }

  /** One at a time: the one being made may have room for all. */
  #connectForWaiting(): void {
    if (this.#waiting.length > 0 && this.#sessions.size < this.#options.maxConnections && !this.#isConnecting()) {
      this.#load.connects++
      this.#sessions.add(new Http2Session(this, this.#dialer))
    }
    if (!this.#isWatched && (this.#sessions.size > 0 || this.#waiting.length > 0)) {
      this.#isWatched = true
      this.#options.sweep.watch(this)
    }
  }

  #retireAll(): void {
    for (const session of this.#sessions) session.retire()
  }

  #idle(): number {
    let idle = 0
    for (const session of this.#sessions) if (session.isConnected && session.inFlight === 0) idle++
    return idle
  }
}
