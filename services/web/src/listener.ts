/** The listener of the web tier: HTTP/1.1 in plain text for the tier in front, and an orderly end of its connections. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { OpenConnections, unmapped, type HttpHandler, type Log } from '@roundtrip/http'
import { serveHttp1, type Http1Settings } from '@roundtrip/http1'

export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly handler: HttpHandler
  readonly log: Log
  /** Longest silence of whoever the handler waits for, all attempts counted. */
  readonly longestSilenceMs?: number
  /** How long draining keeps connections that have no request in hand, in milliseconds. 500 by default. */
  readonly drainGraceMs?: number
}

export interface Listener {
  readonly server: Server
  /** Refuses new connections; resolves when every connection has been closed, each after its last response. */
  drain(): Promise<void>
  /** Breaks off what is left. */
  close(): void
}

/** @throws the error of `listen`, such as EADDRINUSE */
export const listen = async (options: ListenOptions): Promise<Listener> => {
  const { host, port, handler, log, longestSilenceMs = 0, drainGraceMs = 500 } = options
  const limits = limitsFor(longestSilenceMs)
  const serve = serveHttp1({ handler, scheme: 'http', log, trustRequestId: true, watch: 'all', limits })
  const open = new OpenConnections()
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, (socket) => {
    const { remoteAddress, remotePort = 0 } = socket
    // Gone before we looked.
    if (remoteAddress === undefined) socket.destroy()
    else open.add(serve(socket, { address: unmapped(remoteAddress), port: remotePort }))
  })
  server.listen(port, host)
  await once(server, 'listening')
  server.on('error', (error) => log.error({ error }, 'the listener failed to accept a connection'))
  return {
    server,
    drain: () => {
      server.close()
      return open.drain({ graceMs: drainGraceMs })
    },
    close: () => {
      server.close()
      open.destroy()
    },
  }
}

/** A connection of the tier in front on which nothing moves for so long is dead. */
const patienceMs = 600_000

/** What the tier in front lets through has to pass here: it has limits of its own for clients, and a status for each. */
const limitsFor = (longestSilenceMs: number): Partial<Http1Settings> => ({
  // Above what the edge accepts, since it adds fields of its own.
  maxLineBytes: 16_384,
  maxHeaderBytes: 32_768,
  maxHeaderCount: 200,
  // Longer than any pool in front keeps an idle connection: the side that sends next must be the one to close.
  idleTimeoutMs: 75_000,
  // How slowly a client may send or read is for the tier in front to judge. What that holds in its buffers keeps us
  // waiting for minutes though its client does read.
  minBodyBytesPerSecond: 0,
  writeStallMs: patienceMs,
  // The timeouts of application servers have names and a status; that of a connection only cuts.
  busyTimeoutMs: Math.max(patienceMs, longestSilenceMs + 1000),
})
