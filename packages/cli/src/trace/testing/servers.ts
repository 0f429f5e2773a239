/** Real servers on loopback, gone when the test is over. */
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { createSecureServer, type Http2ServerRequest, type SecureServerOptions } from 'node:http2'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { onTestFinished } from 'vitest'
import { testLeaf } from './pki.ts'

/** Listens on a free port until the test is over, open connections included. */
const listen = async (server: Server, address = '127.0.0.1'): Promise<number> => {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, address, resolve)
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

type AnyRequest = IncomingMessage | Http2ServerRequest
export type Handle = (request: AnyRequest, response: AnyResponse) => void

/** What the responses of both versions have in common; their overloads differ too much for a union. */
interface AnyResponse {
  statusCode: number
  setHeader(name: string, value: string): unknown
  write(chunk: string, onWritten?: () => void): boolean
  end(chunk: string): unknown
}

/** What a stack answers: every tier has appended its time. */
export const reported =
  'cache;dur=0.2;desc="miss", db;dur=1;desc="replica-1", app;dur=3;desc="app-1", web;dur=4;desc="web-2", edge;dur=5;desc="edge-1"'

export const answer: Handle = (request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.setHeader('server-timing', reported)
  response.setHeader('x-request-id', 'req-1')
  response.end(request.method === 'HEAD' ? '' : 'hello')
}

export interface TestServer {
  readonly port: number
  readonly requests: AnyRequest[]
}

/** HTTPS, HTTP/2 and HTTP/1.1 by ALPN. */
export const startHttps = async (handle: Handle = answer, options: SecureServerOptions = {}): Promise<TestServer> => {
  const { chainPem, keyPem } = await testLeaf()
  const requests: AnyRequest[] = []
  const server = createSecureServer(
    { cert: chainPem, key: keyPem, allowHTTP1: true, ...options },
    (request, response) => {
      requests.push(request)
      handle(request, response)
    },
  )
  server.on('sessionError', () => undefined)
  return { port: await listen(server), requests }
}

export const startHttp = async (handle: Handle = answer): Promise<TestServer> => {
  const requests: AnyRequest[] = []
  const server = createHttpServer((request, response) => {
    requests.push(request)
    handle(request, response)
  })
  return { port: await listen(server), requests }
}

/** Octets over TCP, for servers that misbehave. */
export const startTcp = async (onConnection: (socket: Socket) => void): Promise<number> =>
  listen(createTcpServer(onConnection))

/** Octets over TLS, for the same. */
export const startTls = async (onConnection: (socket: Socket) => void, options: TlsOptions = {}): Promise<number> => {
  const { chainPem, keyPem } = await testLeaf()
  return listen(createTlsServer({ cert: chainPem, key: keyPem, ...options }, onConnection))
}

/** A port where nothing listens any more. */
export const closedPort = async (): Promise<number> => {
  const server = createTcpServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return port
}
