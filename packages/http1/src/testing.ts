/** For tests: a server on a free port whose clock and sweep the test drives, and bare connections to it. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Delivery, HttpHandler, ServerConnection } from '@roundtrip/http'
import { recordingLog, testResponse } from '@roundtrip/http/testing'
import { onTestFinished } from 'vitest'
import { serveHttp1, type Http1Server } from './server/serve-http1.ts'
import type { Http1ServerOptions } from './server/server-state.ts'

export { recordingLog, testResponse }

export interface Served {
  readonly port: number
  readonly origin: string
  readonly log: ReturnType<typeof recordingLog>
  /** In the order in which they ended. */
  readonly deliveries: Delivery[]
  /** The first to end. */
  readonly delivery: Promise<Delivery>
  readonly connections: ServerConnection[]
  readonly server: Http1Server
  /** Lets time pass: the clock goes on, a second at a time, and the sweep looks. */
  readonly elapse: (ms: number) => void
}

/** Serves a handler until the test has finished. */
export const serveForTest = async (
  handler: HttpHandler,
  options: Partial<Http1ServerOptions> = {},
): Promise<Served> => {
  const log = recordingLog()
  const deliveries: Delivery[] = []
  const first = Promise.withResolvers<Delivery>()
  const connections: ServerConnection[] = []
  let nowMs = 0
  let sweep: (() => void) | undefined
  const server = serveHttp1({
    handler: (request, context) => {
      void context.delivered.then((delivery) => {
        deliveries.push(delivery)
        first.resolve(delivery)
      })
      return handler(request, context)
    },
    scheme: 'http',
    log,
    trustRequestId: false,
    clock: () => nowMs,
    schedule: (run) => {
      sweep = run
      return () => (sweep = undefined)
    },
    ...options,
  })
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    connections.push(server(socket, { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }))
  })
  onTestFinished(() => {
    listener.close()
    for (const connection of connections) connection.destroy()
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const elapse = (ms: number): void => {
    for (let left = ms; left > 0; left -= 1000) {
      nowMs += Math.min(left, 1000)
      sweep?.()
    }
  }
  const origin = `http://127.0.0.1:${port}`
  return { port, origin, log, deliveries, delivery: first.promise, connections, server, elapse }
}

/** A bare connection, to say what no HTTP client would. */
export const connectRaw = async ({ port }: Pick<Served, 'port'>): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  // A reset is one of the ways a connection may end here.
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** All that comes until the server closes. */
export const readAll = (socket: Socket): Promise<string> => text(socket).catch(() => 'broken')

/** Sends octets as they are and returns all that comes back until the server closes. */
export const exchangeRaw = async (served: Pick<Served, 'port'>, octets: string): Promise<string> => {
  const socket = await connectRaw(served)
  socket.write(octets, 'latin1')
  return readAll(socket)
}

/** Reads on until the text has come. */
export const readUntil = async (socket: Socket, wanted: string): Promise<string> => {
  let seen = ''
  while (!seen.includes(wanted)) {
    const [octets] = (await once(socket, 'data')) as [Buffer]
    seen += octets.toString('latin1')
  }
  return seen
}

/** Lets the event loop turn until something holds. */
export const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise(setImmediate)
}
