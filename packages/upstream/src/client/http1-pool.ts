/** Kept HTTP/1.1 connections to one next hop: the one used last is used first, and requests beyond a bound wait or are refused. */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpRequest, HttpResponse } from '@roundtrip/http'
import { closedHere, unsent } from '../upstream-error.ts'
import { Dialer, type Preamble } from './dial.ts'
import { Exchange, type Carrier } from './exchange.ts'
import { Http1Connection, type ConnectionOwner } from './http1-connection.ts'
import { requestHead } from './http1-request-head.ts'
import { proxyHeader } from './proxy-header.ts'
import { Quarantine } from './quarantine.ts'
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
  readonly #idle: Http1Connection[] = []
  readonly #waiting: Exchange[] = []
  readonly #quarantine = new Quarantine((connections) => this.#released(connections))
  readonly #load = new TransportLoad({
    open: () => this.#connections.size,
    idle: () => this.#idle.length + this.#quarantine.size,
    waiting: () => this.#waiting.length,
  })
  readonly stats: TransportStats = this.#load
  #connecting = 0
  #isWatched = false

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
    for (const connection of this.#idle.splice(0)) connection.destroy()
    return this.#load.drain()
  }

  destroy(): void {
    void this.#load.drain()
    for (const exchange of this.#waiting.splice(0)) exchange.fail(closedHere(this.member))
    for (const connection of this.#connections) connection.destroy()
  }

  ready(connection: Http1Connection): void {
    if (!connection.isNew) return this.#quarantine.put(connection)
    this.#connecting--
    const exchange = connection.madeFor ?? this.#waiting.shift()
    if (exchange !== undefined) connection.begin(exchange)
    else this.#released([connection])
  }

  gone(connection: Http1Connection, failure: RoundtripError | undefined): void {
    this.#connections.delete(connection)
    const at = this.#idle.lastIndexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
    else this.#quarantine.delete(connection)
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
    const connection = this.#takeIdle(nowMs)
    if (connection !== undefined) return this.#reuse(connection, exchange)
    const { maxConnections, maxWaiting } = this.#options
    const isRoomLeft = this.#connections.size < maxConnections
    const free = maxWaiting + this.#quarantine.size
    if (!isRoomLeft && this.#waiting.length >= free) return exchange.fail(unsent(this.member, 'UPSTREAM_OVERLOADED'))
    this.#waiting.push(exchange)
    this.#connectForWaiting()
  }

  /** They may be used again, at once by those who wait. */
  #released(connections: readonly Http1Connection[]): void {
    this.#idle.push(...connections)
    while (this.#waiting.length > 0) {
      const connection = this.#takeIdle(this.clock())
      if (connection === undefined) return
      this.#reuse(connection, this.#waiting.shift() as Exchange)
    }
    if (this.#load.isDraining) for (const connection of this.#idle.splice(0)) connection.destroy()
  }

  #reuse(connection: Http1Connection, exchange: Exchange): void {
    this.#load.reuses++
    connection.begin(exchange)
  }

  #takeIdle(nowMs: number): Http1Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined || connection.isFresh(nowMs)) return connection
      connection.destroy()
    }
  }

  #connectForWaiting(): void {
    const { maxConnections, proxyProtocol } = this.#options
    if (proxyProtocol !== undefined) {
      while (this.#waiting.length > 0 && this.#connections.size < maxConnections) this.#connect(this.#waiting.shift())
    } else {
      // Those in quarantine are free sooner than a connection is made.
      const free = this.#idle.length + this.#quarantine.size
      while (this.#waiting.length > this.#connecting + free && this.#connections.size < maxConnections) this.#connect()
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
