/** One HTTP/2 connection to a next hop (RFC 9113 §3.3, §9.1): many exchanges at once, as many as the next hop allows. */
import { connect, type ClientHttp2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { RoundtripError } from '@roundtrip/errors'
import { upstreamError } from '../upstream-error.ts'
import type { Dialer } from './dial.ts'
import type { Exchange } from './exchange.ts'
import { Http2Exchange, type Http2Owner } from './http2-exchange.ts'
import type { TransportTimeouts } from './transport.ts'
import { uploadShare } from './waiting-exchanges.ts'

/** The transport, as its sessions see it. */
export interface SessionOwner {
  readonly member: string
  readonly origin: string
  readonly timeouts: TransportTimeouts
  readonly clock: () => number
  /** Can take more exchanges than before. */
  available(session: Http2Session): void
  /** Takes no more exchanges; with the reason when it never took any. */
  retired(session: Http2Session, failure: RoundtripError | undefined): void
  /** The connection is gone. */
  gone(session: Http2Session): void
}

/** On one connection, whatever the next hop takes: beyond that, a lost packet would hold up too many. */
const mostStreams = 256
/** Of content that a slow reader leaves with us, for each stream. */
const streamWindowBytes = 256 * 1024
/** Exchanges in a row that get no answer before a new connection is tried: this one may be dead without anybody having been told. */
const maxTimeoutsInRow = 3

export class Http2Session implements Http2Owner {
  readonly member: string
  readonly timeouts: TransportTimeouts
  readonly clock: () => number
  readonly scheme: 'http' | 'https'
  /** When it last had something to do, on the sweep's clock. */
  idleSinceMs: number
  /** Whether the next hop has answered with its settings (RFC 9113 §3.4). */
  isConnected = false
  isRetired = false
  lastStreamId = Infinity
  /** Exchanges in hand whose content is not all sent. */
  uploads = 0
  readonly #owner: SessionOwner
  readonly #session: ClientHttp2Session
  readonly #streams = new Set<Http2Exchange>()
  readonly #connectDeadlineMs: number
  #timeoutsInRow = 0
  #failure: Error | undefined

  constructor(owner: SessionOwner, dialer: Dialer) {
    this.#owner = owner
    this.member = owner.member
    this.timeouts = owner.timeouts
    this.clock = owner.clock
    this.idleSinceMs = owner.clock()
    this.#connectDeadlineMs = this.idleSinceMs + owner.timeouts.connectTimeoutMs
    this.scheme = owner.origin.startsWith('https:') ? 'https' : 'http'
    const settings = { enablePush: false, initialWindowSize: streamWindowBytes }
    this.#session = connect(owner.origin, { createConnection: () => dialer.socket(), settings })
    this.#listen()
  }

  /** Exchanges that it has in hand. */
  get inFlight(): number {
    return this.#streams.size
  }

  get hasRoom(): boolean {
    if (this.isRetired || !this.isConnected) return false
    return this.#streams.size < this.#maxStreams
  }

  /** Whether it has room for an exchange whose content is still arriving. */
  get hasUploadRoom(): boolean {
    return this.hasRoom && this.uploads < uploadShare(this.#maxStreams)
  }

  get #maxStreams(): number {
    const { maxConcurrentStreams = Infinity } = this.#session.remoteSettings
    return Math.min(maxConcurrentStreams, mostStreams)
  }

  /** Only when there is room. */
  begin(exchange: Exchange): void {
    const isUpload = exchange.request.body !== undefined
    if (isUpload) this.uploads++
    try {
      this.#streams.add(new Http2Exchange(this, this.#session, exchange))
    } catch (error) {
      if (isUpload) this.uploads--
      // It closed just now, or has no stream identifiers left (RFC 9113 §5.1.1).
      const isOurs = error instanceof RoundtripError
      exchange.fail(isOurs ? error : upstreamError(error as Error, { member: this.member, sent: false }))
      if (!isOurs) this.retire()
    }
  }

  sweep(nowMs: number): void {
    if (!this.isConnected && nowMs >= this.#connectDeadlineMs) {
      this.#session.destroy(new RoundtripError('CONNECT_TIMEOUT'))
    }
    for (const stream of this.#streams) stream.sweep(nowMs)
  }

  uploadEnded(): void {
    this.uploads--
    if (!this.isRetired) this.#owner.available(this)
  }

  finished(stream: Http2Exchange, hasTimedOut: boolean): void {
    this.#streams.delete(stream)
    this.idleSinceMs = this.clock()
    this.#timeoutsInRow = hasTimedOut ? this.#timeoutsInRow + 1 : 0
    if (this.#timeoutsInRow >= maxTimeoutsInRow) this.retire()
    else if (!this.isRetired) this.#owner.available(this)
  }

  /** Takes no more exchanges; closes when those in hand have ended. */
  retire(): void {
    if (!this.isRetired) this.#leave(undefined)
    if (!this.#session.closed) this.#session.close()
  }

  destroy(): void {
    this.#session.destroy(new RoundtripError('UPSTREAM_RESET'))
  }

  #listen(): void {
    const session = this.#session
    session.once('connect', () => this.#connected())
    session.on('remoteSettings', () => this.#allowed())
    session.on('goaway', (_code, lastStreamId) => {
      this.lastStreamId = lastStreamId
      this.retire()
    })
    session.on('error', (error) => void (this.#failure ??= error))
    session.once('close', () => this.#closed())
  }

  #connected(): void {
    const { alpnProtocol } = this.#session.socket as Partial<TLSSocket>
    if (this.scheme === 'https' && alpnProtocol !== 'h2') {
      this.#session.destroy(new RoundtripError('TLS_FAILED', 'The next hop does not speak HTTP/2.'))
    }
  }

  /** The next hop has said how many exchanges it takes at once; one more and it would refuse it. */
  #allowed(): void {
    this.isConnected = true
    if (!this.isRetired) this.#owner.available(this)
  }

  #closed(): void {
    const cause = this.#failure ?? new RoundtripError('UPSTREAM_UNREACHABLE')
    if (!this.isRetired)
      this.#leave(this.isConnected ? undefined : upstreamError(cause, { member: this.member, sent: false }))
    this.#owner.gone(this)
  }

  #leave(failure: RoundtripError | undefined): void {
    this.isRetired = true
    this.#owner.retired(this, failure)
  }
}
