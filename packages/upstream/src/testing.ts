/** For tests: a context and a request, next hops whose answer the test decides, and a pool in front of them. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { Fields, newTrace, type HttpContext, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { Passage } from '@roundtrip/pipeline'
import { onTestFinished } from 'vitest'
import { createUpstream, type Upstream, type UpstreamOptions } from './upstream.ts'

const silent = (): void => {}

export const silentLog = { debug: silent, info: silent, warn: silent, error: silent }

export const testContext = ({
  signal = new AbortController().signal,
  ...overrides
}: Partial<HttpContext> = {}): HttpContext => ({
  passage: new Passage(),
  elapsedMs: 0,
  requestId: 'request-1',
  trace: newTrace(false),
  downstream: { address: '192.0.2.1', port: 4711 },
  client: '192.0.2.1',
  signal,
  onAbandoned: (callback) => (signal.aborted ? callback() : signal.addEventListener('abort', callback, { once: true })),
  delivered: Promise.resolve({ outcome: 'complete', bodyBytes: 0 }),
  onSettled: () => {},
  facts: {},
  log: silentLog,
  ...overrides,
})

export const testRequest = (overrides: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  target: '/',
  scheme: 'https',
  authority: 'www.roundtrip.test',
  fields: Fields.of(),
  body: undefined,
  httpVersion: '1.1',
  ...overrides,
})

export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown

const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A next hop that lives until the test has finished. @returns its origin */
export const startOrigin = async (answer: Answer): Promise<string> => {
  const server = createServer((request, response) => void answer(request, response))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return listen(server)
}

/** A next hop that says whatever it likes once the first octets have arrived. @returns its origin */
export const startRawOrigin = async (answer: (socket: Socket, octets: Buffer) => unknown): Promise<string> => {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', (octets: Buffer) => void answer(socket, octets))
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return listen(server)
}

/** An origin where nobody listens any more. */
export const startClosedOrigin = async (): Promise<string> => {
  const server = createTcpServer()
  const origin = await listen(server)
  server.close()
  await once(server, 'close')
  return origin
}

/** An upstream whose answers can be waited for without asking whether they are there already. */
export interface TestUpstream extends Upstream {
  readonly forward: (request: HttpRequest, context: HttpContext) => Promise<HttpResponse>
}

export const testUpstream = (members: string[], overrides: Partial<UpstreamOptions> = {}): TestUpstream => {
  const upstream = createUpstream({
    name: 'web',
    members,
    healthCheck: { path: '/health', intervalMs: 1000, timeoutMs: 1000, rise: 2, fall: 2 },
    connectTimeoutMs: 1000,
    firstByteTimeoutMs: 5000,
    bodyTimeoutMs: 5000,
    log: silentLog,
    random: () => 0.5,
    ...overrides,
  })
  onTestFinished(() => upstream.close())
  return { ...upstream, forward: async (request, context) => upstream.forward(request, context) }
}

export const bytesOf = async ({ body = '' }: HttpResponse): Promise<Buffer> =>
  body instanceof Readable ? buffer(body) : Buffer.from(body)

export const bodyOf = async (response: HttpResponse): Promise<string> => (await bytesOf(response)).toString()
