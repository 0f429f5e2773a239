/** DNS over TCP: accepts connections and keeps their number in bounds (RFC 7766 §6.2). */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Log } from '../dns-request.ts'
import type { Answer } from './answer.ts'
import { TcpConnection } from './tcp-connection.ts'

/** Room for a question of 255 octets and every EDNS option in use; a longer query is an attempt on memory. */
const maxQueryBytes = 4096
const maxPipelined = 32

export interface TcpListenerOptions {
  readonly host: string
  readonly port: number
  readonly answer: Answer
  readonly log: Log
  readonly idleTimeoutMs: number
  readonly maxConnections: number
}

export class TcpListener {
  readonly #server: Server
  readonly #options: TcpListenerOptions
  /** The one that has been without a query for longest comes first. */
  readonly #connections = new Set<TcpConnection>()

  private constructor(options: TcpListenerOptions) {
    this.#options = options
    // Half-open allowed: a client may say that it has no more questions and still want its answers.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
  }

  /** @throws what listening fails with, e.g. `EADDRINUSE` */
  static async open(options: TcpListenerOptions): Promise<TcpListener> {
    const listener = new TcpListener(options)
    listener.#server.listen({ host: options.host, port: options.port, exclusive: true })
    await once(listener.#server, 'listening')
    listener.#server.on('error', (error) => options.log.error({ error }, 'the TCP listener failed'))
    return listener
  }

  get address(): AddressInfo {
    return this.#server.address() as AddressInfo
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Accepts no more, answers what has arrived; resolves when all connections are closed. */
  async drain(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const connection of this.#connections) connection.finish()
    await closed
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy()
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }

  #accept(socket: Socket): void {
    const [longestIdle] = this.#connections
    // Refusing the newcomer instead would let a few hundred silent connections shut everybody out.
    if (longestIdle !== undefined && this.#connections.size >= this.#options.maxConnections) {
      this.#connections.delete(longestIdle)
      longestIdle.destroy()
    }
    const connection = new TcpConnection(socket, {
      ...this.#options,
      maxQueryBytes,
      maxPipelined,
      onQuery: () => {
        if (this.#connections.delete(connection)) this.#connections.add(connection)
      },
      onClose: () => this.#connections.delete(connection),
    })
    this.#connections.add(connection)
  }
}
