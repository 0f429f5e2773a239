/** For tests: next hops that follow a script on bare sockets, and a transport to them whose clock the test moves. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Fields, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { onTestFinished } from 'vitest'
import { createTransport } from './create-transport.ts'
import { Sweep } from './sweep.ts'
import type { SendOptions, Transport } from './transport.ts'
import type { TransportOptions } from './transport-options.ts'

/** The next hop's end of one connection. */
export class Peer {
  readonly socket: Socket
  readonly closed: Promise<unknown>
  received = ''
  #arrived = Promise.withResolvers<void>()

  constructor(socket: Socket) {
    this.socket = socket
    // What is written a turn later shall arrive a turn later, whatever is still unacknowledged.
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('data', (octets: Buffer) => {
      this.received += octets.toString('latin1')
      this.#arrived.resolve()
    })
    this.closed = new Promise((resolve) => socket.once('close', resolve))
  }

  /** Takes what came up to a mark, the mark included. */
  async read(mark = '\r\n\r\n'): Promise<string> {
    for (;;) {
      const at = this.received.indexOf(mark)
      if (at !== -1) {
        const text = this.received.slice(0, at + mark.length)
        this.received = this.received.slice(at + mark.length)
        return text
      }
      this.#arrived = Promise.withResolvers()
      await this.#arrived.promise
    }
  }

  send(octets: string | Uint8Array): void {
    this.socket.write(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets)
  }
}

export interface ScriptedOrigin {
  readonly origin: string
  /** The next connection, in the order in which they are made. */
  readonly accept: () => Promise<Peer>
  readonly connections: () => number
}

/** @param onPeer acts on each connection by itself, for tests that do not `accept` */
export const startScriptedOrigin = async (onPeer?: (peer: Peer) => unknown): Promise<ScriptedOrigin> => {
  const peers: Peer[] = []
  const takers: ((peer: Peer) => void)[] = []
  let connections = 0
  const server = createServer((socket) => {
    const peer = new Peer(socket)
    onTestFinished(() => void socket.destroy())
    connections++
    onPeer?.(peer)
    const taker = takers.shift()
    if (taker === undefined) peers.push(peer)
    else taker(peer)
  })
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accept: async () => peers.shift() ?? new Promise<Peer>((resolve) => void takers.push(resolve)),
    connections: () => connections,
  }
}

export interface TestTransport extends Transport {
  /** Moves the clock and looks for what is overdue. */
  readonly pass: (ms: number) => void
  /** Moves the clock alone, as if the process had been held up. */
  readonly passUnseen: (ms: number) => void
}

export const testTransport = (origin: string, overrides: Partial<TransportOptions> = {}): TestTransport => {
  let nowMs = 0
  let task: (() => void) | undefined
  const sweep = new Sweep({
    clock: () => nowMs,
    schedule: (next) => {
      task = next
      return () => undefined
    },
  })
  const transport = createTransport({
    origin,
    timeouts: { connectTimeoutMs: 1000, firstByteTimeoutMs: 2000, bodyTimeoutMs: 3000, queueTimeoutMs: 4000 },
    sweep,
    ...overrides,
  })
  onTestFinished(() => transport.destroy())
  const pass = (ms: number): void => {
    nowMs += ms
    const due = task
    task = undefined
    due?.()
  }
  return {
    pass,
    passUnseen: (ms) => void (nowMs += ms),
    stats: transport.stats,
    send: (request, options) => transport.send(request, options),
    drain: () => transport.drain(),
    destroy: () => transport.destroy(),
  }
}

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

/** A client that can be made to leave. */
export const testClient = (address = '192.0.2.1'): SendOptions & { leave: () => void } => {
  const callbacks: (() => void)[] = []
  return {
    context: {
      client: address,
      downstream: { address, port: 4711 },
      onAbandoned: (callback) => void callbacks.push(callback),
    },
    leave: () => {
      for (const callback of callbacks) callback()
    },
  }
}

/** The content of a response, whole or streamed, as latin1. */
export const contentOf = async ({ body }: HttpResponse): Promise<string> => {
  if (body === undefined || typeof body === 'string') return body ?? ''
  if (body instanceof Uint8Array) return Buffer.from(body).toString('latin1')
  return (await buffer(body)).toString('latin1')
}
