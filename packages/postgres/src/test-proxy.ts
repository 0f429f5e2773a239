/** For tests only: a TCP proxy in front of a server, to refuse, cut or freeze its connections without touching it. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export class TestProxy {
  /** Sees each chunk that a client sends, before it is passed on, and which of its connections it came on. */
  onSent: ((chunk: Buffer, connection: Socket) => void) | undefined
  readonly #target: URL
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #port = 0
  #frozen = false

  private constructor(target: URL) {
    this.#target = target
    this.#server = createServer((client) => {
      const upstream = connect(Number(target.port), target.hostname)
      this.#pass(client, upstream, (chunk) => this.onSent?.(chunk, client))
      this.#pass(upstream, client)
    })
  }

  static async to(url: string): Promise<TestProxy> {
    const proxy = new TestProxy(new URL(url))
    await proxy.up()
    return proxy
  }

  /** The server's own URL, by way of the proxy. */
  get url(): string {
    const proxied = new URL(this.#target)
    proxied.host = `127.0.0.1:${this.#port}`
    return proxied.href
  }

  async up(): Promise<void> {
    if (this.#server.listening) return
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Closes open connections and refuses new ones. */
  async down(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, 'close')
  }

  /** Keeps connections open but lets nothing through any more, like a machine that hangs. */
  freeze(): void {
    this.#frozen = true
    for (const socket of this.#sockets) socket.pause()
  }

  thaw(): void {
    this.#frozen = false
    for (const socket of this.#sockets) socket.resume()
  }

  #pass(from: Socket, to: Socket, seen?: (chunk: Buffer) => void): void {
    this.#sockets.add(from)
    from.on('data', (chunk: Buffer) => {
      seen?.(chunk)
      if (!to.destroyed) to.write(chunk)
    })
    if (this.#frozen) from.pause()
    from.on('error', () => {}) // Cut connections are what this proxy is for.
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
  }
}
