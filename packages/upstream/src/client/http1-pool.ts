/** Kept HTTP/1.1 connections to one next hop: the one used last is used first, and requests beyond a bound wait or are refused. */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpRequest, HttpResponse } from '@roundtrip/http'
import { closedHere, queuedTooLong, unsent } from '../upstream-error.ts'
import { Dialer, type Preamble } from './dial.ts'
import { Exchange, type Carrier } from './exchange.ts'
import { Http1Connection, type ConnectionOwner } from './http1-connection.ts'
import { requestHead } from './http1-request-head.ts'
import { IdleConnections } from './idle-connections.ts'
import { proxyHeader } from './proxy-header.ts'
import type { Swept } from './sweep.ts'
import type { SendOptions, Transport, TransportStats, TransportTimeouts } from './transport.ts'
import { TransportLoad } from './transport-load.ts'
import type { ResolvedOptions } from './transport-options.ts'
import { isArriving, uploadShare, WaitingExchanges } from './waiting-exchanges.ts'

export class Http1Pool implements Transport, ConnectionOwner, Carrier, Swept {
  readonly member: string
  readonly timeouts: TransportTimeouts
  readonly clock: () => number
  readonly idleTimeoutMs: number
  readonly closesAfterEach: boolean
  readonly #options: ResolvedOptions
  readonly #dialer: Dialer
  readonly #connections = new Set<Http1Connection>()
  readonly #idle = new IdleConnections()
  readonly #waiting = new WaitingExchanges()
  /** Exchanges that have a connection, and whose content is not all sent. */
  #uploads = 0
  readonly #load = new TransportLoad({
    open: () => this.#connections.size,
    idle: () => this.#idle.size,
    waiting: () => this.#waiting.size,
  })
  readonly stats: TransportStats = this.#load
  #connecting = 0
  #isWatched = false
  #isLendingSoon = false

  constructor(options: ResolvedOptions) {
    this.#options = options
    this.member = options.member
    this.timeouts = options.timeouts
    this.idleTimeoutMs = options.idleTimeoutMs
    this.clock = options.sweep.clock
    this.closesAfterEach = options.proxyProtocol !== undefined
    this.#dialer = new Dialer(options.destination, ['http/1.1'])
  }

  send(request: HttpRequest, options: SendOptions): Promise<HttpResponse> {
    let head: string
    try {
      head = requestHead(request, this.closesAfterEach)
    } catch (error) {
      options.onEnd?.(error as RoundtripError)
      return Promise.reject(error)
    }
    const nowMs = this.clock()
    const exchange = new Exchange(request, options, this.timeouts, this, nowMs, this.#load.ended)
    exchange.head = head
    this.#load.inFlight++
    exchange.heed()
    if (!exchange.isEnded) this.#admit(exchange, nowMs)
    return exchange.response
  }

  async drain(): Promise<void> {
    void this.#load.drain()
    this.#idle.destroy()
    return this.#load.drain()
  }

  destroy(): void {
    void this.#load.drain()
    for (const exchange of this.#waiting.clear()) exchange.fail(closedHere(this.member))
    for (const connection of this.#connections) connection.destroy()
  }

  ready(connection: Http1Connection): void {
    if (connection.isNew) {
      this.#connecting--
      const exchange = connection.madeFor ?? this.#nextWaiting()
      if (exchange !== undefined) return this.#begin(connection, exchange)
    }
    this.#idle.put(connection)
    if (this.#eligible > 0) this.#lendSoon()
    else if (this.#load.isDraining) this.#idle.destroy()
  }

  gone(connection: Http1Connection, failure: RoundtripError | undefined): void {
    this.#connections.delete(connection)
    this.#idle.delete(connection)
    if (failure !== undefined) {
      this.#connecting--
      // Each connection is made for the sake of one request, whoever would have got it.
      const exchange = connection.madeFor ?? this.#nextWaiting()
      exchange?.fail(failure)
    }
    this.#connectForWaiting()
  }

  uploadEnded(): void {
    this.#uploads--
    if (this.#waiting.uploads > 0) this.#lendSoon()
  }

  callOff(exchange: Exchange, error: RoundtripError): void {
    this.#waiting.remove(exchange)
    exchange.fail(error)
    if (this.#options.proxyProtocol === undefined) return
    for (const connection of this.#connections) if (connection.madeFor === exchange) connection.destroy()
  }

  sweep(nowMs: number): boolean {
    this.#sweepWaiting(nowMs)
    for (const connection of this.#connections) connection.sweep(nowMs)
    this.#isWatched = this.#connections.size > 0 || this.#waiting.size > 0
    return this.#isWatched
  }

  #admit(exchange: Exchange, nowMs: number): void {
    if (this.#load.isDraining)
      return exchange.fail(unsent(this.member, 'UPSTREAM_UNREACHABLE', 'The next hop is being drained.'))
    const isHeldBack = this.#uploadRoom <= 0 && isArriving(exchange)
    const connection = isHeldBack ? undefined : this.#idle.take(nowMs)
    if (connection !== undefined) return this.#reuse(connection, exchange)
    const isUpload = isHeldBack || isArriving(exchange)
    if (!this.#mayWait(isUpload)) return exchange.fail(unsent(this.member, 'UPSTREAM_OVERLOADED'))
    this.#waiting.add(exchange, isUpload)
    this.#connectForWaiting()
    if (this.#idle.size > 0) this.#lendSoon()
  }

  /** Exchanges whose content is still arriving that may yet have a connection. */
  get #uploadRoom(): number {
    const { maxConnections, maxUploads } = this.#options
    return Math.min(uploadShare(maxConnections), maxUploads) - this.#uploads
  }

  /** Of those who wait, how many may have a connection. */
  get #eligible(): number {
    return this.#waiting.eligible(this.#uploadRoom)
  }

  #nextWaiting(): Exchange | undefined {
    return this.#waiting.next(this.#uploadRoom > 0)
  }

  #mayWait(isUpload: boolean): boolean {
    const { maxConnections, maxWaiting, maxUploads } = this.#options
    const isRoomLeft = this.#connections.size < maxConnections
    const { size, uploads } = this.#waiting
    if (!isRoomLeft && size >= maxWaiting + this.#idle.size) return false
    if (!isUpload) return true
    const beingConnected = isRoomLeft ? Math.max(0, this.#uploadRoom) : 0
    return uploads < beingConnected + uploadShare(maxWaiting) && uploads + this.#uploads < maxUploads
  }

  #sweepWaiting(nowMs: number): void {
    if (this.#waiting.size === 0) return
    const { ready, uploads } = this.#waiting.overdue(nowMs)
    // That other clients send their content slowly says nothing about the next hop.
    const isShareTaken = this.#uploadRoom <= 0
    for (const one of ready) this.callOff(one, queuedTooLong(this.member))
    for (const one of uploads)
      this.callOff(one, isShareTaken ? unsent(this.member, 'UPSTREAM_OVERLOADED') : queuedTooLong(this.member))
    this.#waiting.promote()
    if (this.#eligible > 0) this.#lendSoon()
  }

  /** For those who wait, though there are idle connections: these have just been given back, and can be lent a turn or two later. */
  #lendSoon(): void {
    if (this.#isLendingSoon) return
    this.#isLendingSoon = true
    setImmediate(this.#lend)
  }

  readonly #lend = (): void => {
    this.#isLendingSoon = false
    const nowMs = this.clock()
    while (this.#eligible > 0) {
      const connection = this.#idle.take(nowMs, 'behindReads')
      if (connection === undefined) break
      this.#reuse(connection, this.#nextWaiting() as Exchange)
    }
    if (this.#eligible === 0) {
      if (this.#load.isDraining) this.#idle.destroy()
    } else if (this.#idle.size > 0) this.#lendSoon()
    else this.#connectForWaiting()
  }

  #reuse(connection: Http1Connection, exchange: Exchange): void {
    this.#load.reuses++
    this.#begin(connection, exchange)
  }

  #begin(connection: Http1Connection, exchange: Exchange): void {
    if (exchange.request.body !== undefined && connection.madeFor === undefined) this.#uploads++
    connection.begin(exchange)
  }

  #connectForWaiting(): void {
    const { maxConnections, proxyProtocol } = this.#options
    if (proxyProtocol !== undefined) {
      while (this.#eligible > 0 && this.#connections.size < maxConnections) this.#connect(this.#nextWaiting())
    } else {
      // Those just given back are free sooner than a connection is made.
      const returning = this.#idle.size
      while (this.#eligible > this.#connecting + returning && this.#connections.size < maxConnections) this.#connect()
    }
    if (!this.#isWatched && (this.#connections.size > 0 || this.#waiting.size > 0)) {
      this.#isWatched = true
      this.#options.sweep.watch(this)
    }
  }

  /** @param exchange that alone may use the connection */
  #connect(exchange?: Exchange): void {
    this.#connecting++
    this.#load.connects++
    if (exchange?.request.body !== undefined) this.#uploads++
    const connection = new Http1Connection(this, this.#dialer, this.#preamble(exchange), exchange)
    this.#connections.add(connection)
  }

  #preamble(exchange: Exchange | undefined): Preamble | undefined {
    const { proxyProtocol } = this.#options
    if (proxyProtocol === undefined || exchange === undefined) return undefined
    const { client, downstream } = exchange.options.context
    return ({ remoteAddress = '', remotePort = 0 }) =>
      proxyHeader(proxyProtocol, {
        sourceAddress: client,
        // Behind a proxy of ours only the address of the client is known.
        sourcePort: client === downstream.address ? downstream.port : 0,
        destinationAddress: remoteAddress,
        destinationPort: remotePort,
      })
  }
}
