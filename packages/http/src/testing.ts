/** For tests: a context and a request without a connection, and real HTTP/1.1 and HTTP/2 servers on free ports. */
import { once, type EventEmitter } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server, type ClientHttp2Session } from 'node:http2'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { Passage } from '@roundtrip/pipeline'
import { onTestFinished } from 'vitest'
import { Fields } from './fields.ts'
import type { Delivery, HttpContext, HttpHandler, HttpRequest, HttpResponse, Log } from './message.ts'
import { serve, type ServeOptions } from './server/serve.ts'
import { newTrace } from './traceparent.ts'

export interface LogLine {
  readonly level: keyof Log
  readonly facts: Record<string, unknown>
  readonly message: string
}

/** A log that keeps its lines. */
export const recordingLog = (): Log & { lines: LogLine[] } => {
  const lines: LogLine[] = []
  const at = (level: keyof Log) => (facts: object, message: string) => {
    lines.push({ level, facts: facts as Record<string, unknown>, message })
  }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

export const testContext = ({
  passage = new Passage(() => 0),
  signal = new AbortController().signal,
  ...others
}: Partial<HttpContext> = {}): HttpContext => ({
  passage,
  get elapsedMs() {
    return passage.elapsedMs
  },
  requestId: 'request-1',
  trace: newTrace(false),
  downstream: { address: '192.0.2.1', port: 4711 },
  client: '192.0.2.1',
  signal,
  onAbandoned: (callback) => (signal.aborted ? callback() : signal.addEventListener('abort', callback, { once: true })),
  delivered: Promise.resolve({ outcome: 'complete', bodyBytes: 0 }),
  onSettled(listener) {
    void this.delivered.then(listener)
  },
  facts: {},
  log: recordingLog(),
  ...others,
})

export const testRequest = (overrides: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  target: '/',
  scheme: 'http',
  authority: 'www.roundtrip.test',
  fields: Fields.of(),
  body: undefined,
  httpVersion: '1.1',
  ...overrides,
})

export const testResponse = (overrides: Partial<HttpResponse> = {}): HttpResponse => ({
  status: 200,
  fields: Fields.of(),
  body: 'ok',
  ...overrides,
})

/** What became of the requests a test server got. */
export interface Served {
  readonly origin: string
  readonly log: ReturnType<typeof recordingLog>
  /** The next delivery that ended. */
  readonly delivery: Promise<Delivery>
  readonly server: Pick<Server, 'address'> & EventEmitter
}

/** Serves a handler over cleartext HTTP until the test has finished. */
export const serveForTest = async (
  protocol: 'http1' | 'http2',
  handler: HttpHandler,
  options: Partial<ServeOptions> = {},
): Promise<Served> => {
  const log = recordingLog()
  const delivery = Promise.withResolvers<Delivery>()
  const listener = serve({
    handler: (request, context) => {
      void context.delivered.then(delivery.resolve)
      return handler(request, context)
    },
    scheme: 'http',
    log,
    trustRequestId: false,
    ...options,
  })
  const server = protocol === 'http1' ? createServer(listener) : createHttp2Server(listener)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, log, delivery: delivery.promise, server }
}

/** A bare connection, to say what no HTTP client would. */
export const connectRaw = async ({ server }: Served): Promise<Socket> => {
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  // A reset is one of the ways a connection may end here.
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Sends octets as they are and returns all that comes back until the server closes. */
export const exchangeRaw = async (served: Served, request: string): Promise<string> => {
  const socket = await connectRaw(served)
  socket.write(request)
  return text(socket).catch(() => '')
}

export const connectSession = (served: Served): ClientHttp2Session => {
  const session = connectHttp2(served.origin)
  session.on('error', () => undefined)
  onTestFinished(() => session.destroy())
  return session
}
