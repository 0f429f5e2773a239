/** What happens before a request exists: accept, TLS, ALPN, and which protocol is spoken; then node's parsers take over. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createSecureServer, Http2ServerResponse, constants, type Http2Session } from 'node:http2'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import { serve, type HttpHandler, type Log, type NodeListener, type ServeOptions } from '@roundtrip/http'
import { addressOf } from '@roundtrip/service'
import { Connections } from './connections.ts'
import { answerConnect, continueWhenRead } from './expectations.ts'
import { http1Limits, http2Limits, keepAliveMs } from './limits.ts'
import { answerMalformed } from './malformed.ts'

export interface Listener {
  /** As bound, e.g. `https://127.0.0.1:8443`. */
  readonly address: string
  readonly port: number
  /** Stops accepting; resolves when every connection has been closed, each after its last response. */
  readonly drain: () => Promise<void>
  /** Breaks every connection off. */
  readonly close: () => void
}

export interface ListenOptions {
  readonly host: string
  readonly port: number
  /** Makes the pipeline once the bound port is known. */
  readonly handlerFor: (boundPort: number) => HttpHandler
  /** Longest silence on a connection that has a request in hand, in milliseconds. */
  readonly busyTimeoutMs: number
  /** Which requests are traced further on. */
  readonly sampling?: ServeOptions['sampling']
  readonly log: Log
}

/** HTTP/2 and HTTP/1.1 over TLS, as ALPN decides (RFC 7301). @throws the error of `listen` */
export const listenHttps = (options: ListenOptions, tls: SecureContextOptions): Promise<Listener> => {
  const connections = new Connections()
  // node:http sets noDelay by itself, node:tls does not: the first answer over HTTP/1.1 would wait, 40 ms as a rule, until
  // the client acknowledges the session tickets before it (RFC 896 against RFC 1122 §4.2.3.2).
  const server = createSecureServer({ ...tls, ...http1Limits, ...http2Limits, allowHTTP1: true, noDelay: true })
  server.on('connection', (socket: Socket) => connections.handshakeBegan(socket))
  server.on('secureConnection', (socket: TLSSocket) => {
    connections.handshakeDone(socket)
    if (socket.alpnProtocol !== 'h2') connections.opened(socket)
  })
  server.on('session', (session: Http2Session) => {
    connections.openedSession(session)
    // Graceful: a stream that is still waiting for its answer gets it.
    session.setTimeout(keepAliveMs, () => session.close())
  })
  return listen(server, 'https', connections, options)
}

/** HTTP/1.1 in plain text. @throws the error of `listen` */
export const listenHttp = (options: ListenOptions): Promise<Listener> => {
  const connections = new Connections()
  const server = createServer(http1Limits)
  server.on('connection', (socket) => connections.opened(socket))
  return listen(server, 'http', connections, options)
}

const listen = async (
  server: Server,
  scheme: 'http' | 'https',
  connections: Connections,
  { host, port: wantedPort, handlerFor, busyTimeoutMs, log, sampling = 'sampled' }: ListenOptions,
): Promise<Listener> => {
  server.listen(wantedPort, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answer = serve({ handler: handlerFor(port), scheme, log, sampling, trustRequestId: false })
  const accept: NodeListener = (request, response) => {
    connections.began(response)
    limitSilence(response, busyTimeoutMs)
    answer(request, response)
  }
  server.on('request', accept)
  server.on('checkContinue', (...exchange: Parameters<NodeListener>) => {
    continueWhenRead(...exchange)
    accept(...exchange)
  })
  server.on('connect', (_request: unknown, out: Socket | Http2ServerResponse) => answerConnect(out, log))
  server.on('clientError', (error: Error, socket: Socket) =>
    answerMalformed(error, socket, connections.isAnswering(socket), log),
  )
  server.on('error', (error) => log.error({ error }, 'the listener failed to accept a connection'))
  return {
    address: addressOf(server, scheme),
    port,
    drain: async () => {
      const { promise: closed, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      connections.drain()
      await closed
    },
    close: () => {
      server.close()
      connections.destroy()
    },
  }
}

/** node itself destroys an HTTP/1.1 connection whose time has run out; an HTTP/2 stream has to be reset. */
const limitSilence = (response: Parameters<NodeListener>[1], timeoutMs: number): void => {
  if (response instanceof Http2ServerResponse) {
    response.setTimeout(timeoutMs, () => response.stream.close(constants.NGHTTP2_CANCEL))
  } else response.setTimeout(timeoutMs)
}
