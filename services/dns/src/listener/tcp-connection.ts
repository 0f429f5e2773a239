/** One TCP connection of a client: framed, pipelined, bounded in time and memory (RFC 7766 §6 and §8). */
import type { Socket } from 'node:net'
import { FrameReader, frameMessage } from '@roundtrip/dns-wire'
import type { Client, Log } from '../dns-request.ts'
import type { Answer } from './answer.ts'

export interface ConnectionOptions {
  readonly answer: Answer
  readonly log: Log
  /** Without a complete query for so long, the connection is closed, however busily it trickles octets. */
  readonly idleTimeoutMs: number
  /** Of one query. */
  readonly maxQueryBytes: number
  /** Queries of one connection that are worked on at a time; the rest wait and nothing more is read. */
  readonly maxPipelined: number
  /** A whole query arrived. */
  readonly onQuery: () => void
  readonly onClose: () => void
}

export class TcpConnection {
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #client: Client
  readonly #frames: FrameReader
  readonly #idleTimer: NodeJS.Timeout
  readonly #waiting: Uint8Array[] = []
  #working = 0
  /** No more queries will be taken: the client has said its last, or the server is stopping. */
  #finishing = false

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.#client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    this.#frames = new FrameReader(options.maxQueryBytes)
    this.#idleTimer = setTimeout(() => socket.destroy(), options.idleTimeoutMs)
    socket.on('data', (piece: Buffer) => this.#receive(piece))
    socket.on('drain', () => this.#work())
    socket.on('end', () => this.finish())
    socket.on('error', (error) => options.log.debug({ error, client: this.#client.address }, 'a TCP client failed'))
    socket.on('close', () => {
      clearTimeout(this.#idleTimer)
      options.onClose()
    })
  }

  /** Answers what has arrived, then closes; the idle timeout still holds for a client that does not read. */
  finish(): void {
    this.#finishing = true
    this.#work()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #receive(piece: Buffer): void {
    if (this.#finishing) return
    try {
      const queries = this.#frames.push(piece)
      if (queries.length === 0) return
      this.#waiting.push(...queries)
    } catch (error) {
      this.#options.log.debug({ error, client: this.#client.address }, 'a TCP client broke the framing')
      this.#socket.destroy()
      return
    }
    this.#idleTimer.refresh()
    this.#options.onQuery()
    this.#work()
  }

  /** Starts what may start. Answers leave as they are ready, in any order (RFC 7766 §7). */
  #work(): void {
    while (this.#mayStart()) {
      const query = this.#waiting.shift()
      if (query === undefined) break
      this.#working += 1
      void this.#options.answer(query, 'tcp', this.#client).then((response) => {
        this.#working -= 1
        if (response !== undefined && this.#socket.writable) this.#socket.write(frameMessage(response))
        this.#work()
      })
    }
    if (this.#waiting.length > 0) this.#socket.pause()
    else if (this.#socket.isPaused()) this.#socket.resume()
    if (this.#finishing && this.#working === 0 && this.#waiting.length === 0) this.#socket.destroySoon()
  }

  /** A client that asks without reading the answers must not pile them up in memory. */
  #mayStart(): boolean {
    return this.#working < this.#options.maxPipelined && !this.#socket.writableNeedDrain && !this.#socket.destroyed
  }
}
