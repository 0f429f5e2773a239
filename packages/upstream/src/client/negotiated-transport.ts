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

export class NegotiatedTransport implements Transport, Swept {
  readonly stats: TransportStats
  readonly #options: ResolvedOptions
  readonly #dialer: Dialer
  #chosen: Transport | undefined
  #choice: Promise<Transport> | undefined
  #probe: { readonly socket: TLSSocket; readonly deadlineMs: number } | undefined
  /** Requests that wait for the choice. */
  #undecided = 0
  #isDraining = false

  constructor(options: ResolvedOptions) {
    this.#options = options
    this.stats = this.#view()
    this.#dialer = new Dialer(options.destination, ['h2', 'http/1.1'])
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
    this.#undecided++
    try {
      if (this.#isDraining) throw new RoundtripError('UPSTREAM_UNREACHABLE', 'The next hop is being drained.')
      transport = await (this.#choice ??= this.#choose())
    } catch (error) {
      const failure = upstreamError(error as Error, { member: this.#options.member, sent: false })
      options.onEnd?.(toRoundtripError(failure))
      throw failure
    } finally {
      this.#undecided--
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

  #view(): TransportStats {
    // oxlint-disable-next-line typescript/no-this-alias, unicorn/no-this-assignment -- getters have a `this` of their own
    const transport = this
    return {
      get open() {
        return transport.#chosen?.stats.open ?? 0
      },
      get idle() {
        return transport.#chosen?.stats.idle ?? 0
      },
      get waiting() {
        return transport.#undecided + (transport.#chosen?.stats.waiting ?? 0)
      },
      get inFlight() {
        return transport.#undecided + (transport.#chosen?.stats.inFlight ?? 0)
      },
      get connects() {
        return transport.#chosen?.stats.connects ?? 0
      },
      get reuses() {
        return transport.#chosen?.stats.reuses ?? 0
      },
    }
  }
}
