/** The listener of the web tier: plain HTTP/1.1 for the tier in front, and an orderly end of its connections. */
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { serve, type HttpHandler, type Log } from '@roundtrip/http'

export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly handler: HttpHandler
  readonly log: Log
}

export interface Listener {
  readonly server: Server
  /** Refuses new connections; resolves when those that were busy have had their answers. */
  drain(): Promise<void>
  /** Breaks off what is left. */
  close(): void
}

/** Above what the edge accepts, since it adds fields of its own. */
const maxHeaderBytes = 32_768

/** Longer than any pool in front keeps an idle connection: the side that sends next must be the one to close. */
const keepAliveMs = 75_000

/** @throws the error of `listen`, such as EADDRINUSE */
export const listen = async ({ host, port, handler, log }: ListenOptions): Promise<Listener> => {
  const server = createServer(
    { maxHeaderSize: maxHeaderBytes, keepAliveTimeout: keepAliveMs, headersTimeout: 10_000, requestTimeout: 300_000 },
    serve({ handler, scheme: 'http', log, trustRequestId: true }),
  )
  const drain = drainOf(server)
  server.listen(port, host)
  await once(server, 'listening')
  return { server, drain, close: () => server.closeAllConnections() }
}

/** node closes idle connections once, when `close` is called, and leaves those that become idle later open. */
const drainOf = (server: Server): (() => Promise<void>) => {
  const underWay = new Set<ServerResponse>()
  let draining = false
  server.prependListener('request', (_request, response) => {
    underWay.add(response)
    if (draining) response.shouldKeepAlive = false
    response.once('close', () => {
      underWay.delete(response)
      if (draining) setImmediate(() => server.closeIdleConnections())
    })
  })
  return () => {
    draining = true
    for (const response of underWay) response.shouldKeepAlive = false
    return new Promise((resolve) => void server.close(() => resolve()))
  }
}
