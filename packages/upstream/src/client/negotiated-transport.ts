/** HTTP/2 or HTTP/1.1, whichever a next hop prefers (ALPN, RFC 7301): asked once, by a handshake of its own. */
import type { TLSSocket } from 'node:tls'
import { RoundtripError, toRoundtripError } from '@roundtrip/errors'
import type { HttpRequest, HttpResponse } from '@roundtrip/http'
import { upstreamError } from '../upstream-error.ts'
import { Dialer } from './dial.ts'
import { Http1Pool } from './http1-pool.ts'
import { Http2Transport } from './http2-transport.ts'
import type { Swept } from './sweep.ts'
import type { SendOptions, Transport, TransportStats } from './transport.ts'
import type { ResolvedOptions } from './transport-options.ts'

const nothing: TransportStats = { open: 0, idle: 0, waiting: 0, inFlight: 0, connects: 0, reuses: 0 }

export class NegotiatedTransport implements Transport, Swept {
  readonly #options: ResolvedOptions
  readonly #dialer: Dialer
  #chosen: Transport | undefined
  #choice: Promise<Transport> | undefined
  #probe: { readonly socket: TLSSocket; readonly deadlineMs: number } | undefined
  #isDraining = false

  constructor(options: ResolvedOptions) {
    this.#options = options
    this.#dialer = new Dialer(options.destination, ['h2', 'http/1.1'])
  }

  get stats(): TransportStats {
    return this.#chosen?.stats ?? nothing
  }

  send(request: HttpRequest, options: SendOptions): Promise<HttpResponse> {
    return this.#chosen === undefined ? this.#sendWhenChosen(request, options) : this.#chosen.send(request, options)
  }

  async drain(): Promise<void> {
    this.#isDraining = true
    await this.#choice?.catch(() => undefined)
    await this.#chosen?.drain()
  }

  destroy(): void {
    this.#isDraining = true
    this.#probe?.socket.destroy(
      new RoundtripError('UPSTREAM_UNREACHABLE', 'The connections to the next hop were closed on this side.'),
    )
    this.#chosen?.destroy()
  }

  sweep(nowMs: number): boolean {
    if (this.#probe !== undefined && nowMs >= this.#probe.deadlineMs) {
      this.#probe.socket.destroy(new RoundtripError('CONNECT_TIMEOUT'))
    }
    return this.#probe !== undefined
  }

  async #sendWhenChosen(request: HttpRequest, options: SendOptions): Promise<HttpResponse> {
    let transport: Transport
    try {
      if (this.#isDraining) throw new RoundtripError('UPSTREAM_UNREACHABLE', 'The next hop is being drained.')
      transport = await (this.#choice ??= this.#choose())
    } catch (error) {
      const failure = upstreamError(error as Error, { member: this.#options.member, sent: false })
      options.onEnd?.(toRoundtripError(failure))
      throw failure
    }
    return transport.send(request, options)
  }

  async #choose(): Promise<Transport> {
    try {
      const protocol = await this.#ask()
      this.#chosen = protocol === 'h2' ? new Http2Transport(this.#options) : new Http1Pool(this.#options)
      return this.#chosen
    } catch (error) {
      // The next request asks again.
      this.#choice = undefined
      throw error
    } finally {
      this.#probe = undefined
    }
  }

  #ask(): Promise<string | false | null> {
    const { sweep, timeouts } = this.#options
    const socket = this.#dialer.socket() as TLSSocket
    this.#probe = { socket, deadlineMs: sweep.clock() + timeouts.connectTimeoutMs }
    sweep.watch(this)
    return new Promise((resolve, reject) => {
      socket.once('secureConnect', () => {
        resolve(socket.alpnProtocol)
        socket.end()
      })
      socket.on('error', reject)
      socket.once('close', () => reject(new RoundtripError('UPSTREAM_UNREACHABLE')))
    })
  }
}
