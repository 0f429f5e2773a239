/** For tests: a server on a free port whose time stands still, and a client that says what no HTTP/2 client would. */
import { once } from 'node:events'
import {
  connect as connectHttp2,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Fields, type Delivery, type HttpHandler, type HttpResponse, type ServerConnection } from '@roundtrip/http'
import { onTestFinished } from 'vitest'
import { flag, frameHeaderBytes, frameType, preface } from './frame-types.ts'
import { HpackDecoder } from './hpack/decoder.ts'
import { errorCode } from './protocol-error.ts'
import { serveHttp2, type Http2Server, type Http2ServerOptions } from './serve-http2.ts'

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

export interface TestServer {
  readonly port: number
  readonly connections: ServerConnection[]
  readonly stats: Http2Server['stats']
  /** Of every request so far that has ended. */
  readonly deliveries: Delivery[]
  /** The first delivery. */
  readonly delivery: Promise<Delivery>
  /** Lets time pass, a second and a sweep at a time. */
  advance(seconds: number): void
}

export const serveForTest = async (
  handler: HttpHandler,
  options: Partial<Http2ServerOptions> = {},
): Promise<TestServer> => {
  let nowMs = 0
  const sweeps = new Set<() => void>()
  const deliveries: Delivery[] = []
  const first = Promise.withResolvers<Delivery>()
  const accept = serveHttp2({
    handler: (request, context) => {
      void context.delivered.then((delivery) => {
        deliveries.push(delivery)
        first.resolve(delivery)
      })
      return handler(request, context)
    },
    scheme: 'http',
    log: quiet,
    trustRequestId: false,
    clock: () => nowMs,
    schedule: (task) => {
      sweeps.add(task)
      return () => sweeps.delete(task)
    },
    ...options,
  })
  const connections: ServerConnection[] = []
  const server = createServer((socket) => connections.push(accept(socket, { address: '127.0.0.1', port: 4711 })))
  onTestFinished(() => {
    server.close()
    for (const connection of connections) connection.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const advance = (seconds: number): void => {
    for (let second = 0; second < seconds; second += 1) {
      nowMs += 1000
      for (const sweep of sweeps) sweep()
    }
  }
  const { port } = server.address() as AddressInfo
  return { port, connections, stats: accept.stats, deliveries, delivery: first.promise, advance }
}

/** A client of another make. */
export const connectSession = ({ port }: TestServer): ClientHttp2Session => {
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  session.on('error', () => undefined)
  onTestFinished(() => session.destroy())
  return session
}

export const request = (server: TestServer, head: OutgoingHttpHeaders = {}, endStream = true): ClientHttp2Stream => {
  const stream = connectSession(server).request(head, { endStream })
  return stream.on('error', () => undefined)
}

export const headOf = async (stream: ClientHttp2Stream): Promise<OutgoingHttpHeaders> => {
  const [head] = (await once(stream, 'response')) as [OutgoingHttpHeaders]
  return head
}

export const ok = (overrides: Partial<HttpResponse> = {}): HttpResponse => ({
  status: 200,
  fields: Fields.of(),
  body: 'ok',
  ...overrides,
})

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly id: number
  readonly payload: Buffer
}

/** Serialises one frame. */
export const frame = (type: number, flags = 0, id = 0, payload: Uint8Array | readonly number[] = []): Buffer => {
  const content = Buffer.from(payload)
  const header = Buffer.alloc(frameHeaderBytes)
  header.writeUIntBE(content.length, 0, 3)
  header[3] = type
  header[4] = flags
  header.writeUInt32BE(id, 5)
  return Buffer.concat([header, content])
}

export const uint32 = (value: number): Buffer => {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return octets
}

/** A field block of literals that touch no table. */
export const block = (lines: readonly (readonly [name: string, value: string])[]): Buffer =>
  Buffer.concat(lines.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]))

const literal = (text: string): Buffer => {
  const octets = Buffer.from(text, 'latin1')
  if (octets.length < 127) return Buffer.concat([Buffer.from([octets.length]), octets])
  const prefix = [127]
  let rest = octets.length - 127
  for (; rest >= 128; rest >>= 7) prefix.push((rest & 127) | 128)
  return Buffer.concat([Buffer.from([...prefix, rest]), octets])
}

export const pseudo = (method = 'GET', path = '/'): (readonly [string, string])[] => [
  [':method', method],
  [':scheme', 'http'],
  [':authority', 'www.roundtrip.test'],
  [':path', path],
]

/** HEADERS in one frame. */
export const headers = (id: number, lines: readonly (readonly [string, string])[], endsStream = true): Buffer =>
  frame(frameType.HEADERS, flag.END_HEADERS | (endsStream ? flag.END_STREAM : 0), id, block(lines))

export const data = (id: number, content: string, endsStream = false): Buffer =>
  frame(frameType.DATA, endsStream ? flag.END_STREAM : 0, id, Buffer.from(content))

const codeName = (code: number): string =>
  Object.entries(errorCode).find(([, number]) => number === code)?.[0] ?? String(code)

export class RawClient {
  readonly socket: Socket
  readonly frames: Frame[] = []
  isClosed = false
  readonly #decoder = new HpackDecoder({ tableBytes: 4096, listBytes: 65_536, lines: 200 })
  #rest: Buffer = Buffer.alloc(0)
  #wake: PromiseWithResolvers<void> = Promise.withResolvers()

  /** Sends the preface and empty SETTINGS, unless `opening` says otherwise. */
  static async connect(
    { port }: TestServer,
    opening: Buffer = Buffer.concat([preface, frame(frameType.SETTINGS)]),
  ): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    const client = new RawClient(socket)
    await once(socket, 'connect')
    socket.write(opening)
    return client
  }

  private constructor(socket: Socket) {
    this.socket = socket
    onTestFinished(() => void socket.destroy())
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    // A reset is one of the ways a connection may end here.
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.isClosed = true
      this.#wake.resolve()
    })
  }

  send(...octets: Buffer[]): this {
    this.socket.write(Buffer.concat(octets))
    return this
  }

  /** The first frame not yet taken that fits, or undefined when the connection has closed without one. */
  async take(fits: (candidate: Frame) => boolean): Promise<Frame | undefined> {
    for (;;) {
      const place = this.frames.findIndex(fits)
      if (place !== -1) return this.frames.splice(place, 1)[0]
      if (this.isClosed) return undefined
      await this.#wake.promise
    }
  }

  /** What becomes of the next thing asked: `status 200`, `reset 1 CANCEL`, `goaway CANCEL` or `closed`. */
  async verdict(): Promise<string> {
    const kinds = new Set<number>([frameType.HEADERS, frameType.RST_STREAM, frameType.GOAWAY])
    const found = await this.take(({ type }) => kinds.has(type))
    if (found === undefined) return 'closed'
    if (found.type === frameType.HEADERS) return `status ${this.#decoder.decode(found.payload).lines[0]?.value}`
    if (found.type === frameType.GOAWAY) return `goaway ${codeName(found.payload.readUInt32BE(4))}`
    return `reset ${found.id} ${codeName(found.payload.readUInt32BE(0))}`
  }

  /** Sends PING and waits for its acknowledgement: everything before was processed. False when the connection closed. */
  async sync(): Promise<boolean> {
    const opaque = Buffer.from('sync\0\0\0\0')
    this.send(frame(frameType.PING, 0, 0, opaque))
    const answer = await this.take(({ type, payload }) => type === frameType.PING && payload.equals(opaque))
    return answer !== undefined
  }

  /** All content of a stream up to its end. */
  async content(id: number): Promise<string> {
    let text = ''
    for (;;) {
      const found = await this.take((candidate) => candidate.id === id && candidate.type === frameType.DATA)
      if (found === undefined) throw new Error('the connection closed before the content ended')
      text += found.payload.toString('latin1')
      if ((found.flags & flag.END_STREAM) !== 0) return text
    }
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= frameHeaderBytes) {
      const end = frameHeaderBytes + this.#rest.readUIntBE(0, 3)
      if (this.#rest.length < end) break
      const [type = 0, flags = 0] = this.#rest.subarray(3, 5)
      const id = this.#rest.readUInt32BE(5)
      this.frames.push({ type, flags, id, payload: this.#rest.subarray(frameHeaderBytes, end) })
      this.#rest = this.#rest.subarray(end)
    }
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }
}
