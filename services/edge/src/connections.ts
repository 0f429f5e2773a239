/** Who is connected and what is in hand, so that draining can let requests finish and close the rest (RFC 9112 §9.6). */
import { ServerResponse } from 'node:http'
import type { Http2ServerResponse, Http2Session } from 'node:http2'
import type { Socket } from 'node:net'

const remoteEnd = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

/** HTTP/1.1 sockets with the responses under way on them, HTTP/2 sessions by themselves. */
export class Connections {
  readonly #sockets = new Map<Socket, Set<ServerResponse>>()
  readonly #sessions = new Set<Http2Session>()
  /** Accepted, but the TLS handshake is not done. A TLS socket and the one below it have the same remote end. */
  readonly #handshakes = new Map<string, Socket>()
  #draining = false

  handshakeBegan(socket: Socket): void {
    const end = remoteEnd(socket)
    this.#handshakes.set(end, socket)
    socket.once('close', () => this.#handshakes.delete(end))
  }

  handshakeDone(socket: Socket): void {
    this.#handshakes.delete(remoteEnd(socket))
  }

  /** A connection whose requests will be HTTP/1.1. */
  opened(socket: Socket): void {
    this.#sockets.set(socket, new Set())
    socket.once('close', () => this.#sockets.delete(socket))
  }

  openedSession(session: Http2Session): void {
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
  }

  /** A request has begun. HTTP/2 sessions keep account of their streams themselves. */
  began(response: ServerResponse | Http2ServerResponse): void {
    if (!(response instanceof ServerResponse)) return
    const socket = response.req.socket
    const underWay = this.#sockets.get(socket)
    underWay?.add(response)
    if (this.#draining) response.shouldKeepAlive = false
    response.once('close', () => {
      underWay?.delete(response)
      if (this.#draining && underWay?.size === 0) socket.end()
    })
  }

  /** Whether a response on this connection has begun to leave, so that no other octets may be written to it. */
  isAnswering(socket: Socket): boolean {
    return [...(this.#sockets.get(socket) ?? [])].some(({ headersSent }) => headersSent)
  }

  /**
   * Closes what is idle now, and everything else when its requests have been answered. HTTP/2 sessions are left to
   * the server's own `close`, which sends GOAWAY and lets their streams finish (RFC 9113 §6.8).
   */
  drain(): void {
    this.#draining = true
    for (const socket of this.#handshakes.values()) socket.destroy()
    for (const [socket, underWay] of this.#sockets) {
      for (const response of underWay) response.shouldKeepAlive = false
      if (underWay.size === 0) socket.end()
    }
  }

  destroy(): void {
    for (const socket of [...this.#handshakes.values(), ...this.#sockets.keys()]) socket.destroy()
    for (const session of this.#sessions) session.destroy()
  }
}
