/** HTTP/2 by node's own server, on sockets that the listener has accepted. */
import { createServer, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2'
import { serve, type ServeOptions, type ServerConnection } from '@roundtrip/http'
import type { ServeConnection } from './listener.ts'

export const serveNodeHttp2 = (options: ServeOptions, busyTimeoutMs: number): ServeConnection => {
  const server = createServer({ settings: { maxConcurrentStreams: 128, maxHeaderListSize: 16_384, enablePush: false } })
  const answer = serve(options)
  server.on('request', (request: Http2ServerRequest, response: Http2ServerResponse) => {
    response.setTimeout(busyTimeoutMs, () => response.stream.close(8))
    answer(request, response)
  })
  return (socket, { address }) => {
    let made: ServerHttp2Session | undefined
    server.once('session', (session) => (made = session))
    server.emit('connection', socket)
    if (made === undefined) throw new Error('node made no HTTP/2 session')
    return new NodeHttp2Connection(made, address)
  }
}

class NodeHttp2Connection implements ServerConnection {
  readonly protocol = 'h2'
  readonly address: string
  readonly since: number = Date.now()
  readonly closed: Promise<void>
  readonly #session: ServerHttp2Session
  requests = 0
  inFlight = 0

  constructor(session: ServerHttp2Session, address: string) {
    this.#session = session
    this.address = address
    const closed = Promise.withResolvers<void>()
    this.closed = closed.promise
    session.once('close', () => closed.resolve())
    session.on('error', () => undefined)
    session.setTimeout(60_000, () => session.close())
    session.on('stream', (stream) => {
      this.requests++
      this.inFlight++
      stream.once('close', () => this.inFlight--)
    })
  }

  drain(): void {
    this.#session.close()
  }

  destroy(): void {
    this.#session.destroy()
  }
}
