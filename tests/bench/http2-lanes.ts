/** HTTP/2 as far as a load generator needs it (RFC 9113): node's own client would be busier than the servers that it asks. */
import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import {
  defaultWindowBytes,
  flag,
  frameHeaderBytes,
  frameType,
  maxWindowBytes,
  preface,
  setting,
} from '@roundtrip/http2/wire'
import type { Lane } from './lanes.ts'

const frame = (type: number, flags: number, id: number, payload: Buffer): Buffer => {
  const octets = Buffer.alloc(frameHeaderBytes + payload.length)
  octets.writeUIntBE(payload.length, 0, 3)
  octets[3] = type
  octets[4] = flags
  octets.writeUInt32BE(id, 5)
  payload.copy(octets, frameHeaderBytes)
  return octets
}

const written = (id: number, value: number): Buffer => {
  const octets = Buffer.alloc(6)
  octets.writeUInt16BE(id, 0)
  octets.writeUInt32BE(value, 2)
  return octets
}

/** No table for field lines, no pushes, and windows that nobody has to wait for. */
const opening = (): Buffer => {
  const settings = Buffer.concat([
    written(setting.HEADER_TABLE_SIZE, 0),
    written(setting.ENABLE_PUSH, 0),
    written(setting.INITIAL_WINDOW_SIZE, maxWindowBytes),
  ])
  const window = Buffer.alloc(4)
  window.writeUInt32BE(maxWindowBytes - defaultWindowBytes)
  return Buffer.concat([
    preface,
    frame(frameType.SETTINGS, 0, 0, settings),
    frame(frameType.WINDOW_UPDATE, 0, 0, window),
  ])
}

/** A literal under a name of the static table, not indexed (RFC 7541 §6.2.2). */
const literal = (nameIndex: number, value: string): Buffer =>
  Buffer.concat([Buffer.from([nameIndex, value.length]), Buffer.from(value, 'latin1')])

/** GET over https, the same each time but for the number of its stream. */
const questionFor = ({ host, pathname }: URL): Buffer => {
  const block = Buffer.concat([Buffer.from([0x82, 0x87]), literal(4, pathname), literal(1, host)])
  return frame(frameType.HEADERS, flag.END_STREAM | flag.END_HEADERS, 1, block)
}

class Session {
  readonly #socket: TLSSocket
  readonly #question: Buffer
  readonly #waiting = new Map<number, (isRight: boolean) => void>()
  /** Streams whose head was a 200. */
  readonly #right = new Set<number>()
  #nextId = 1
  #held: Buffer = Buffer.alloc(0)
  #out: Buffer[] = []

  constructor(socket: TLSSocket, question: Buffer) {
    this.#socket = socket
    this.#question = question
    socket.on('data', (octets: Buffer) => this.#read(octets))
    socket.on('error', () => this.#fail())
    socket.on('close', () => this.#fail())
    socket.write(opening())
  }

  readonly ask: Lane = (done) => {
    const question = Buffer.from(this.#question)
    question.writeUInt32BE(this.#nextId, 5)
    this.#waiting.set(this.#nextId, done)
    this.#nextId += 2
    this.#send(question)
  }

  /** What is asked in one turn leaves in one record. */
  #send(octets: Buffer): void {
    if (this.#out.push(octets) > 1) return
    process.nextTick(() => {
      this.#socket.write(Buffer.concat(this.#out))
      this.#out = []
    })
  }

  #read(octets: Buffer): void {
    const all = this.#held.length === 0 ? octets : Buffer.concat([this.#held, octets])
    let at = 0
    while (all.length - at >= frameHeaderBytes) {
      const end = at + frameHeaderBytes + all.readUIntBE(at, 3)
      if (end > all.length) break
      this.#take(all, at, end)
      at = end
    }
    this.#held = all.subarray(at)
  }

  #take(all: Buffer, at: number, end: number): void {
    const [type = 0, flags = 0] = [all[at + 3], all[at + 4]]
    const id = all.readUInt32BE(at + 5)
    if (type === frameType.HEADERS && isOk(all, at + frameHeaderBytes, flags)) this.#right.add(id)
    if (type === frameType.DATA || type === frameType.HEADERS) {
      if ((flags & flag.END_STREAM) !== 0) this.#end(id, this.#right.has(id))
    } else if (type === frameType.SETTINGS || type === frameType.PING) {
      const payload = type === frameType.PING ? all.subarray(at + frameHeaderBytes, end) : Buffer.alloc(0)
      if ((flags & flag.ACK) === 0) this.#send(frame(type, flag.ACK, 0, payload))
    } else if (type !== frameType.WINDOW_UPDATE) this.#fail()
  }

  #end(id: number, isRight: boolean): void {
    const done = this.#waiting.get(id)
    this.#waiting.delete(id)
    this.#right.delete(id)
    done?.(isRight)
  }

  /** A reset, a GOAWAY, or the end: nothing that a measurement should meet. */
  #fail(): void {
    for (const id of this.#waiting.keys()) this.#end(id, false)
  }
}

/** `:status: 200` is one octet (RFC 7541 §A); before it there may be that the table has no room. */
const isOk = (all: Buffer, start: number, flags: number): boolean => {
  if ((flags & (flag.PADDED | flag.PRIORITY)) !== 0) return false
  const first = all[start] === 0x20 ? all[start + 1] : all[start]
  return first === 0x88
}

/** @throws the error of a connection that cannot be made */
export const openHttp2Lane = async (url: URL, tls: object): Promise<Lane> => {
  const socket = connect({ host: url.hostname, port: Number(url.port), ALPNProtocols: ['h2'], ...tls })
  socket.setNoDelay(true)
  await once(socket, 'secureConnect')
  return new Session(socket, questionFor(url)).ask
}
