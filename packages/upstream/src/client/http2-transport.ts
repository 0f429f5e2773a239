/** HTTP/2 to one next hop: few connections, each shared by many requests (RFC 9113 §9.1). */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpRequest, HttpResponse } from '@roundtrip/http'
import { closedHere, queuedTooLong, unsent } from '../upstream-error.ts'
import { Dialer } from './dial.ts'
import { Exchange, type Carrier } from './exchange.ts'
import { http2Head } from './http2-request-head.ts'
import { Http2Session, type SessionOwner } from './http2-session.ts'
import type { Swept } from './sweep.ts'
import type { SendOptions, Transport, TransportStats, TransportTimeouts } from './transport.ts'
import { TransportLoad } from './transport-load.ts'
import type { ResolvedOptions } from './transport-options.ts'
import { isArriving, uploadShare, WaitingExchanges } from './waiting-exchanges.ts'

export class Http2Transport implements Transport, SessionOwner, Carrier, Swept {
  readonly member: string
  readonly origin: string
  readonly timeouts: TransportTimeouts
  readonly clock: () => number
  readonly #options: ResolvedOptions
  readonly #dialer: Dialer
  /** All whose connection is there; those retired finish what they have. */
  readonly #sessions = new Set<Http2Session>()
  readonly #waiting = new WaitingExchanges()
  readonly #load = new TransportLoad({
    open: () => this.#sessions.size,
    idle: () => this.#idle(),
    waiting: () => this.#waiting.size,
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
    if (this.#waiting.size === 0) this.#retireAll()
    return this.#load.drain()
  }

  destroy(): void {
    void this.#load.drain()
    const error = closedHere(this.member)
    for (const exchange of this.#waiting.clear()) exchange.fail(error)
    for (const session of this.#sessions) session.destroy()
  }

  available(session: Http2Session): void {
    while (session.hasRoom) {
      const exchange = this.#waiting.next(session.hasUploadRoom)
      if (exchange === undefined) break
      session.begin(exchange)
    }
    if (this.#load.isDraining && this.#waiting.size === 0) this.#retireAll()
  }

  retired(_session: Http2Session, failure: RoundtripError | undefined): void {
    if (failure === undefined) return
    // Nobody who waits has a better prospect than the next attempt to connect, which it costs nothing to ask for elsewhere.
    for (const exchange of this.#waiting.clear()) exchange.fail(failure)
  }

  gone(session: Http2Session): void {
    this.#sessions.delete(session)
    this.#connectForWaiting()
  }

  callOff(exchange: Exchange, error: RoundtripError): void {
    this.#waiting.remove(exchange)
    exchange.fail(error)
  }

  sweep(nowMs: number): boolean {
    this.#sweepWaiting(nowMs)
    for (const session of this.#sessions) {
      session.sweep(nowMs)
      const isUnused = session.isConnected && session.inFlight === 0
      if (isUnused && nowMs - session.idleSinceMs >= this.#options.idleTimeoutMs) session.retire()
    }
    this.#isWatched = this.#sessions.size > 0 || this.#waiting.size > 0
    return this.#isWatched
  }

  #admit(exchange: Exchange): void {
    if (this.#load.isDraining)
      return exchange.fail(unsent(this.member, 'UPSTREAM_UNREACHABLE', 'The next hop is being drained.'))
    const { maxConnections, maxWaiting, maxUploads } = this.#options
    const isUpload = isArriving(exchange)
    const uploads = isUpload ? this.#uploads() : 0
    for (const session of this.#sessions) {
      if (isUpload ? session.hasUploadRoom && uploads < maxUploads : session.hasRoom) {
        this.#load.reuses++
        return session.begin(exchange)
      }
    }
    const isFull = this.#sessions.size >= maxConnections && !this.#isConnecting()
    const isLineFull =
      this.#waiting.size >= maxWaiting || (isUpload && this.#waiting.uploads >= uploadShare(maxWaiting))
    const isTooMany = isUpload && uploads + this.#waiting.uploads >= maxUploads
    if (isTooMany || (isFull && isLineFull)) return exchange.fail(unsent(this.member, 'UPSTREAM_OVERLOADED'))
    this.#waiting.add(exchange, isUpload)
    this.#connectForWaiting()
  }

  #sweepWaiting(nowMs: number): void {
    if (this.#waiting.size === 0) return
    const { ready, uploads } = this.#waiting.overdue(nowMs)
    for (const one of ready) this.callOff(one, queuedTooLong(this.member))
    // That other clients send their content slowly says nothing about the next hop.
    const isShareTaken = [...this.#sessions].some(({ hasRoom }) => hasRoom)
    for (const one of uploads)
      this.callOff(one, isShareTaken ? unsent(this.member, 'UPSTREAM_OVERLOADED') : queuedTooLong(this.member))
    this.#waiting.promote()
    for (const session of this.#sessions) this.available(session)
  }

  /** Exchanges that have a stream, and whose content is not all sent. */
  #uploads(): number {
    let uploads = 0
    for (const session of this.#sessions) uploads += session.uploads
    return uploads
  }

  #isConnecting(): boolean {
    for (const session of this.#sessions) if (!session.isConnected && !session.isRetired) return true
    return false
  }

  /** One at a time: the one being made may have room for all. */
  #connectForWaiting(): void {
    if (this.#waiting.size > 0 && this.#sessions.size < this.#options.maxConnections && !this.#isConnecting()) {
      this.#load.connects++
      this.#sessions.add(new Http2Session(this, this.#dialer))
    }
    if (!this.#isWatched && (this.#sessions.size > 0 || this.#waiting.size > 0)) {
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
