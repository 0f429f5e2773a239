/** Where connections come from, and how they end: at shutdown no request is lost that is on its way (RFC 9112 §9.6). */
import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer, Server as SocketServer } from 'node:net'
import type { Log } from '@roundtrip/http'

/** Calls back again and again. @returns how to stop */
export type Every = (work: () => void, everyMs: number) => () => void

export interface ConnectionsOptions {
  readonly log: Pick<Log, 'error'>
  /** How long draining waits for a request on a connection that has none in hand, in milliseconds. 500 by default. */
  readonly graceMs?: number
  /** Node's timers by default. */
  readonly every?: Every
}

export class Connections {
  readonly #server: Server
  readonly #options: ConnectionsOptions
  readonly #covers = new Set<SocketServer>()
  #isDraining = false

  constructor(server: Server, options: ConnectionsOptions) {
    this.#server = server
    this.#options = options
    // What happens before is for whoever listens.
    server.once('listening', () => this.#survive(server))
  }

  /** From now on each answer has to say that it is the last one of its connection. */
  get isDraining(): boolean {
    return this.#isDraining
  }

  /** Takes those of one more socket. @throws the error of `listen` @returns how to take no more of them */
  async accept(socket: { readonly fd: number }): Promise<() => void> {
    // Half open, as node's HTTP servers are: a client may end its side after its last request.
    const cover = createServer({ allowHalfOpen: true, noDelay: true }, (connection) => {
      this.#server.emit('connection', connection)
    })
    cover.listen(socket)
    await once(cover, 'listening')
    this.#survive(cover)
    this.#covers.add(cover)
    return () => {
      this.#covers.delete(cover)
      cover.close()
    }
  }

  /** Stops accepting; resolves when every connection has been closed, each after its last answer. */
  async drain(): Promise<void> {
    const { graceMs = 500, every = nodeEvery } = this.#options
    this.#isDraining = true
    const closed = [this.#server, ...this.#covers].map((server) => closeSocket(server))
    // Again and again: an answer that had begun before could not say that it was the last one.
    const stop = every(() => this.#server.closeIdleConnections(), graceMs)
    await Promise.all(closed)
    stop()
  }

  /** A connection that cannot be accepted, for want of descriptors perhaps, costs no other one. */
  #survive(server: SocketServer): void {
    server.on('error', (error) => this.#options.log.error({ error }, 'a connection could not be accepted'))
  }
}

/** Not by `http`'s own `close`, which breaks off connections that have no request in hand while one may be on its way. */
const closeSocket = (server: SocketServer): Promise<void> =>
  new Promise((resolve) => void SocketServer.prototype.close.call(server, () => resolve()))

const nodeEvery: Every = (work, everyMs) => {
  const timer = setInterval(work, everyMs)
  return () => clearInterval(timer)
}
