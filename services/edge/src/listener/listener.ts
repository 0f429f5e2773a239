/** What happens before a request exists: accept, limits, PROXY header, TLS, ALPN; then the protocol that was agreed on. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { OpenConnections, unmapped, type Downstream, type Log, type ServerConnection } from '@roundtrip/http'
import { addressOf } from '@roundtrip/service'
import { AddressSet } from '../addresses/address-set.ts'
import { TlsTerminator, type TerminatorOptions } from '../tls/terminator.ts'
import { Admission } from './admission.ts'
import { downstreamOfTls } from './downstream.ts'
import { EarlyConnections, type EarlyConnection } from './early-connections.ts'
import type { ListenerSettings } from './listener-settings.ts'
import { newListenerCounts, type ListenerCounts, type ListenerFigures } from './listener-figures.ts'
import { readProxyHeader } from './read-proxy-header.ts'

/** Speaks one protocol with one client, from its first octet on. */
export type ServeConnection = (socket: Socket | TLSSocket, downstream: Downstream) => ServerConnection

export interface Protocols {
  readonly http1: ServeConnection
  /** Only over TLS: prior knowledge of HTTP/2 in plain text is not served. */
  readonly http2: ServeConnection
}

/** Where connections come from: an address to bind, or a socket that a parent process has bound. */
export type ListenSource = { readonly host: string; readonly port: number } | { readonly fd: number }

/** What the listener wants of TLS; `undefined` options make it a plain one. */
export type ListenerTls = Omit<TerminatorOptions, 'onSecure' | 'onFailed' | 'handshakeTimeoutMs'>

export interface ListenOptions {
  readonly source: ListenSource
  readonly settings: ListenerSettings
  readonly tls?: ListenerTls
  /** Asked once the bound port is known. */
  readonly protocolsFor: (boundPort: number) => Protocols
  readonly log: Log
  /** How long draining keeps connections that have no request in hand, in milliseconds. 500 by default. */
  readonly drainGraceMs?: number
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
  /** Calls back again and again. @returns how to stop; node's timers by default */
  readonly schedule?: (work: () => void, everyMs: number) => () => void
}

/** How often the time of early connections is looked at, in milliseconds. */
const sweepMs = 1000

/** HTTP/2 and HTTP/1.1 over TLS as ALPN decides (RFC 7301), or HTTP/1.1 in plain text. @throws the error of `listen` */
export const listen = async (options: ListenOptions): Promise<Listener> => {
  const listener = new Listener(options)
  try {
    await listener.accept(options.source)
    return listener
  } catch (error) {
    listener.close()
    throw error
  }
}

export class Listener {
  readonly #options: ListenOptions
  readonly #clock: () => number
  readonly #trustedProxies: AddressSet
  readonly #admission: Admission
  readonly #early = new EarlyConnections()
  readonly #open = new OpenConnections()
  readonly #servers: Server[] = []
  readonly #terminator: TlsTerminator | undefined
  readonly #stopSweep: () => void
  readonly #counts = newListenerCounts()
  #protocols: Protocols | undefined

  constructor(options: ListenOptions) {
    const { settings, tls, clock = Date.now, schedule = every } = options
    this.#options = options
    this.#clock = clock
    this.#trustedProxies = new AddressSet(settings.proxyProtocol.trusted, 'limits.connections.proxyProtocol.trusted')
    this.#admission = new Admission(settings.maxConnectionsPerClient)
    this.#terminator = tls && this.#terminate(tls)
    this.#stopSweep = schedule(() => this.#sweep(), sweepMs)
  }

  /** As bound, e.g. `https://127.0.0.1:8443`. */
  get address(): string {
    const [server] = this.#servers
    return server === undefined ? '' : addressOf(server, this.#terminator === undefined ? 'http' : 'https')
  }

  get port(): number {
    const bound = this.#servers[0]?.address() as AddressInfo | null | undefined
    return bound?.port ?? 0
  }

  /** Undefined on a plain listener. */
  get tls(): Pick<TlsTerminator, 'present' | 'useTicketKeys'> | undefined {
    return this.#terminator
  }

  /** Connections that speak HTTP by now. */
  get connections(): Iterable<ServerConnection> {
    return this.#open
  }

  figures(): ListenerFigures {
    return { ...this.#counts, open: this.#open.size, early: this.#early.size, clients: this.#admission.clients }
  }

  /**
   * Takes connections from a source, in addition to those it takes from already.
   *
   * @throws the error of `listen` @returns how to take no more of them
   */
  async accept(source: ListenSource): Promise<() => void> {
    // A plain client may end its side after its last request and read on. One that ends in a handshake has gone, and
    // node's TLS takes no notice of that where half of a connection may stay open.
    const allowHalfOpen = this.#terminator === undefined
    const server = createServer({ noDelay: true, keepAlive: true, allowHalfOpen }, (socket) => this.#greet(socket))
    server.listen({ ...source, backlog: this.#options.settings.acceptBacklog })
    await once(server, 'listening')
    server.on('error', (error) => this.#options.log.error({ error }, 'the listener failed to accept a connection'))
    this.#servers.push(server)
    this.#protocols ??= this.#options.protocolsFor(this.port)
    return () => {
      this.#servers.splice(this.#servers.indexOf(server), 1)
      server.close()
    }
  }

  /** Stops accepting; resolves when every connection has been closed, each after its last response. */
  async drain(): Promise<void> {
    for (const server of this.#servers) server.close()
    const graceMs = this.#options.drainGraceMs ?? 500
    const until = this.#clock() + graceMs
    // A handshake under way is a request on its way: its connection is drained with those that are open.
    while (this.#early.size > 0 && this.#clock() < until) await new Promise((resolve) => void setTimeout(resolve, 10))
    this.#early.dropBefore(Infinity)
    await this.#open.drain({ graceMs: Math.max(0, until - this.#clock()) })
    this.#stopSweep()
  }

  /** Breaks every connection off. */
  close(): void {
    for (const server of this.#servers) server.close()
    this.#early.dropBefore(Infinity)
    this.#open.destroy()
    this.#stopSweep()
  }

  #terminate(tls: ListenerTls): TlsTerminator {
    return new TlsTerminator({
      ...tls,
      handshakeTimeoutMs: 2 * this.#options.settings.handshakeTimeoutMs,
      onSecure: (socket) => this.#secure(socket),
      onFailed: (error, socket) => {
        this.#counts.handshakesFailed++
        this.#options.log.debug({ error, client: socket.remoteAddress }, 'TLS handshake failed')
      },
    })
  }

  #greet(socket: Socket): void {
    const { settings } = this.#options
    const { remoteAddress, remotePort = 0 } = socket
    this.#counts.accepted++
    // Gone before we looked.
    if (remoteAddress === undefined) return void socket.destroy()
    const isFull = this.#open.size + this.#early.size >= settings.maxConnections
    if (isFull && !this.#makeRoom()) return this.#refuse(socket, 'tooMany')
    if (this.#early.size >= settings.maxHandshakes) {
      this.#early.dropOldest()
      this.#counts.handshakesDropped++
    }
    // Until somebody else answers for its errors; what they mean is told by `close`.
    socket.on('error', ignore)
    const address = unmapped(remoteAddress)
    const connection = { socket, since: this.#clock(), address, port: remotePort }
    this.#early.add(connection)
    if (this.#trustedProxies.has(address)) this.#readProxyHeader(connection)
    else this.#admit(connection)
  }

  #makeRoom(): boolean {
    const closed = this.#open.closeLongestIdle()
    if (closed) this.#counts.idleClosed++
    return closed
  }

  #refuse(socket: Socket, reason: keyof ListenerCounts): void {
    this.#counts[reason]++
    // No answer and no TIME_WAIT: a flood must cost as little as can be.
    socket.resetAndDestroy()
  }

  #readProxyHeader(connection: EarlyConnection): void {
    readProxyHeader(connection.socket, (outcome) => {
      if (outcome instanceof Error) {
        this.#options.log.warn({ error: outcome, proxy: connection.address }, 'connection refused')
        this.#refuse(connection.socket, 'badProxyHeader')
        return
      }
      Object.assign(connection, outcome.client)
      this.#admit(connection)
    })
  }

  #admit(connection: EarlyConnection): void {
    const { socket, address } = connection
    const release = this.#admission.admit(address)
    if (release === undefined) return this.#refuse(socket, 'tooManyOfClient')
    socket.once('close', release)
    if (this.#terminator !== undefined) this.#terminator.accept(socket)
    else this.#begin('http1', socket, this.#early.take(socket) ?? connection)
  }

  #secure(socket: TLSSocket): void {
    const connection = this.#early.take(socket)
    // Its time had run out in the very turn in which it became ready.
    if (connection === undefined) return void socket.destroy()
    const downstream = downstreamOfTls(connection, socket, this.#options.tls?.clientCertificates !== 'off')
    if (downstream.tls?.resumed === true) this.#counts.handshakesResumed++
    else this.#counts.handshakesFull++
    this.#begin(socket.alpnProtocol === 'h2' ? 'http2' : 'http1', socket, downstream)
  }

  #begin(protocol: keyof Protocols, socket: Socket, { address, port, tls }: Downstream): void {
    const serve = this.#protocols?.[protocol]
    if (serve === undefined) return void socket.destroy()
    this.#open.add(serve(socket, { address, port, ...(tls !== undefined && { tls }) }))
  }

  #sweep(): void {
    const { handshakeTimeoutMs } = this.#options.settings
    this.#counts.handshakesTimedOut += this.#early.dropBefore(this.#clock() - handshakeTimeoutMs)
  }
}

const ignore = (): void => undefined

const every = (work: () => void, everyMs: number): (() => void) => {
  const timer = setInterval(work, everyMs).unref()
  return () => clearInterval(timer)
}
