/** Puts a pipeline on bare sockets: what a listener calls for each connection that speaks HTTP/1.1. */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Downstream, ServerConnection } from '@roundtrip/http'
import { Http1Connection } from './connection.ts'
import { ServerState, type Http1ServerOptions, type Http1Stats } from './server-state.ts'

export interface Http1Server {
  /**
   * Takes a connection over. Listeners create their sockets with `allowHalfOpen`, so that a client which has sent its
   * last request and ended its side still hears the answer.
   *
   * @param head octets that were read from the socket before
   */
  (socket: Socket | TLSSocket, downstream: Downstream, head?: Buffer): ServerConnection
  readonly stats: () => Http1Stats
}

export const serveHttp1 = (options: Http1ServerOptions): Http1Server => {
  const state = new ServerState(options)
  const accept = (socket: Socket | TLSSocket, downstream: Downstream, head?: Buffer): ServerConnection => {
    const connection = new Http1Connection(socket, downstream, state)
    if (head !== undefined && head.length > 0) connection.receive(head)
    return connection
  }
  return Object.assign(accept, { stats: () => state.stats() })
}
