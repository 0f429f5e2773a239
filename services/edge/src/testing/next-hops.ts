/** Next hops that fail in every way a test needs. */
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const isHealthCheck = (octets: Buffer): boolean => octets.toString('latin1').startsWith('GET /health/')

/** Passes its health checks, and does to any other request whatever the test says. @returns its origin */
export const startRawOrigin = async (answer: (socket: Socket) => unknown): Promise<string> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', (octets: Buffer) => {
      if (isHealthCheck(octets)) socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')
      else answer(socket)
    })
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return listen(server)
}

/** An origin where nobody listens any more. */
export const startClosedOrigin = async (): Promise<string> => {
  const server = createServer()
  const origin = await listen(server)
  server.close()
  await once(server, 'close')
  return origin
}

/** Passes one health check and is gone. */
export const startDyingOrigin = async (): Promise<{ origin: string; gone: Promise<unknown> }> => {
  const server = createServer((socket) => {
    server.close()
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'))
  })
  const gone = once(server, 'close')
  return { origin: await listen(server), gone }
}

/** Answers everything with its name until it is killed, as a process is: every connection is reset. */
export const startMortalOrigin = async (name: string): Promise<{ origin: string; kill: () => void }> => {
  const server = createHttpServer((_request, response) => response.end(name))
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  const kill = (): void => {
    server.close()
    for (const socket of sockets) socket.resetAndDestroy()
  }
  onTestFinished(kill)
  return { origin: await listen(server), kill }
}
