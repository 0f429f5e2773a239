/** Kept HTTP/1.1 connections to one next hop: the one used last is used first, and requests beyond a bound wait or are refused. */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpRequest, HttpResponse } from '@roundtrip/http'
import { closedHere, unsent } from '../upstream-error.ts'
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
  readonly #waiting: Exchange[] = []
  readonly #load = new TransportLoad({
    open: () => this.#connections.size,
    idle: () => this.#idle.size,
    waiting: () => this.#waiting.length,
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
    for (const exchange of this.#waiting.splice(0)) exchange.fail(closedHere(this.member))
    for (const connection of this.#connections) connection.destroy()
  }

  ready(connection: Http1Connection): void {
    if (connection.isNew) {
      this.#connecting--
      const exchange = connection.madeFor ?? this.#waiting.shift()
      if (exchange !== undefined) return connection.begin(exchange)
    }
    this.#idle.put(connection)
    if (this.#waiting.length > 0) this.#lendSoon()
    else if (this.#load.isDraining) this.#idle.destroy()
  }

  gone(connection: Http1Connection, failure: RoundtripError | undefined): void {
    this.#connections.delete(connection)
    this.#idle.delete(connection)
    if (failure !== undefined) {
      this.#connecting--
      // Each connection is made for the sake of one request, whoever would have got it.
      const exchange = connection.madeFor ?? this.#waiting.shift()
      exchange?.fail(failure)
    }
    this.#connectForWaiting()
  }

  callOff(exchange: Exchange, error: RoundtripError): void {
    const at = this.#waiting.indexOf(exchange)
    if (at !== -1) this.#waiting.splice(at, 1)
    exchange.fail(error)
    if (this.#options.proxyProtocol === undefined) return
    for (const connection of this.#connections) if (connection.madeFor === exchange) connection.destroy()
  }

  sweep(nowMs: number): boolean {
    for (const exchange of this.#waiting.filter((one) => nowMs >= Math.min(one.queueDeadlineMs, one.totalDeadlineMs))) {
      this.callOff(
        exchange,
        unsent(this.member, 'UPSTREAM_TIMEOUT', 'No connection to the next hop became free in time.'),
      )
    }
    for (const connection of this.#connections) connection.sweep(nowMs)
    this.#isWatched = this.#connections.size > 0 || this.#waiting.length > 0
    return this.#isWatched
  }

  #admit(exchange: Exchange, nowMs: number): void {
    if (this.#load.isDraining)
      return exchange.fail(unsent(this.member, 'UPSTREAM_UNREACHABLE', 'The next hop is being drained.'))
    const connection = this.#idle.take(nowMs)
    if (connection !== undefined) return this.#reuse(connection, exchange)
    const { maxConnections, maxWaiting } = this.#options
    const isRoomLeft = this.#connections.size < maxConnections
    if (!isRoomLeft && this.#waiting.length >= maxWaiting + this.#idle.size)
      return exchange.fail(unsent(this.member, 'UPSTREAM_OVERLOADED'))
    this.#waiting.push(exchange)
    this.#connectForWaiting()
    if (this.#idle.size > 0) this.#lendSoon()
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
    while (this.#waiting.length > 0) {
      const connection = this.#idle.take(nowMs, 'behindReads')
      if (connection === undefined) break
      this.#reuse(connection, this.#waiting.shift() as Exchange)
    }
    if (this.#waiting.length === 0) {
      if (this.#load.isDraining) this.#idle.destroy()
    } else if (this.#idle.size > 0) this.#lendSoon()
    else this.#connectForWaiting()
  }

  #reuse(connection: Http1Connection, exchange: Exchange): void {
    this.#load.reuses++
    connection.begin(exchange)
  }

  #connectForWaiting(): void {
    const { maxConnections, proxyProtocol } = this.#options
    if (proxyProtocol !== undefined) {
      while (this.#waiting.length > 0 && this.#connections.size < maxConnections) this.#connect(this.#waiting.shift())
    } else {
      // Those just given back are free sooner than a connection is made.
      const returning = this.#idle.size
      while (this.#waiting.length > this.#connecting + returning && this.#connections.size < maxConnections)
        this.#connect()
    }
    if (!this.#isWatched && (this.#connections.size > 0 || this.#waiting.length > 0)) {
      this.#isWatched = true
      this.#options.sweep.watch(this)
    }
  }

  /** @param exchange that alone may use the connection */
  #connect(exchange?: Exchange): void {
    this.#connecting++
    this.#load.connects++
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
