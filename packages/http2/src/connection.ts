/** The server side of one HTTP/2 connection (RFC 9113): its socket, its beginning and its end. */
import type { Socket } from 'node:net'
import type { Downstream, Occupancy, ServerConnection } from '@roundtrip/http'
import { Exchange } from './exchange.ts'
import type { FieldBlock } from './field-block.ts'
import { FloodGuard } from './flood-guard.ts'
import { FrameHandler, type FrameSink } from './frame-handler.ts'
import { FrameReader } from './frame-reader.ts'
import { defaultWindowBytes, flag, maxStreamId, maxWindowBytes, setting } from './frame-types.ts'
import { writeGoaway, writePing, writeSettings, writeSettingsAck, writeWindowUpdate } from './frame-writer.ts'
import { Output } from './output.ts'
import { PeerSettings } from './peer-settings.ts'
import { ConnectionError, StreamError, type ErrorCodeName } from './protocol-error.ts'
import type { ServerState } from './server-state.ts'
import { Watch } from './watch.ts'

/** A client that does not read gets nothing more to ask for: what it sends waits in its own kernel. */
const pauseAtBytes = 524_288

/** Told apart from a PING of the client's by these octets. */
const drainPing = Buffer.from('drain\0\0\0', 'latin1')

export class Http2Connection implements ServerConnection, FrameSink {
  readonly protocol = 'h2'
  readonly address: string
  readonly since = Date.now()
  readonly closed: Promise<void>
  readonly exchange: Exchange
  readonly output: Output
  readonly socket: Socket
  readonly #server: ServerState
  readonly #guard: FloodGuard
  readonly #peer = new PeerSettings()
  readonly #reader: FrameReader
  readonly #frames: FrameHandler
  readonly #watch: Watch
  #isDraining = false
  #isEnding = false

  constructor(socket: Socket, downstream: Downstream, server: ServerState) {
    this.address = downstream.address
    this.socket = socket
    this.#server = server
    this.#guard = new FloodGuard(server)
    // Who waits for an answer from elsewhere may get it in the same round of the event loop as others on this connection.
    this.output = new Output(socket, this.#onProgress, () => this.exchange.streams.open.size > 0)
    this.exchange = new Exchange({
      server,
      downstream,
      output: this.output,
      guard: this.#guard,
      peer: this.#peer,
      onSettled: this.#onSettled,
    })
    this.#frames = new FrameHandler(this, this.#guard, server.limits)
    this.#reader = new FrameReader(this.#frames.onFrame)
    this.#watch = new Watch(this, server)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    this.#listen(resolve)
    this.#begin()
  }

  get requests(): number {
    return this.exchange.streams.requests
  }

  get inFlight(): number {
    return this.exchange.streams.inFlight
  }

  get occupancy(): Occupancy | undefined {
    return this.exchange.streams.occupancy
  }

  set occupancy(occupancy: Occupancy | undefined) {
    this.exchange.streams.occupancy = occupancy
  }

  /** Octets of the HPACK table that the client has us keep. */
  get tableBytes(): number {
    return this.exchange.tableBytes
  }

  get isEnding(): boolean {
    return this.#isEnding
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  /** Whether the client owes us the rest of something that must not take long. */
  get isAmidHead(): boolean {
    return this.#frames.isAwaited || this.#reader.isAmidHead
  }

  /** First says that an end is near, then, when the client has heard it, which requests were the last (RFC 9113 §6.8). */
  drain(): void {
    if (this.#isDraining || this.#isEnding) return
    this.#isDraining = true
    this.#server.goaways.add('NO_ERROR')
    writeGoaway(this.output, maxStreamId, 'NO_ERROR')
    writePing(this.output, 0, drainPing)
  }

  /** The client has heard of the drain, or had time to. */
  finishDrain(): void {
    const { streams } = this.exchange
    if (!this.#isDraining || !streams.takesMore) return
    streams.takeNoMore()
    writeGoaway(this.output, streams.lastTakenId, 'NO_ERROR')
    this.#endWhenIdle()
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** Closes the connection in an orderly way, whatever is open on it. */
  end(code: ErrorCodeName): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#server.goaways.add(code)
    writeGoaway(this.output, this.exchange.streams.lastTakenId, code)
    this.exchange.closeAll()
    this.#close()
  }

  /** Looks after everything that takes too long. */
  sweep(elapsedMs: number): void {
    this.#watch.sweep(elapsedMs)
  }

  onFieldBlock(block: FieldBlock): void {
    this.exchange.onFieldBlock(block)
  }

  onData(streamId: number, content: Buffer, flowBytes: number, endsStream: boolean): void {
    this.exchange.onData(streamId, content, flowBytes, endsStream)
  }

  onReset(streamId: number): void {
    this.exchange.onReset(streamId)
  }

  onStreamError(error: StreamError): void {
    this.exchange.onStreamError(error)
  }

  onSettings(source: Buffer, start: number, end: number): void {
    const before = this.#peer.initialWindowBytes
    this.#peer.apply(source, start, end)
    writeSettingsAck(this.output)
    const change = this.#peer.initialWindowBytes - before
    if (change === 0) return
    for (const stream of this.exchange.streams.open) {
      stream.sendWindow += change
      if (stream.sendWindow > maxWindowBytes) throw new ConnectionError('FLOW_CONTROL_ERROR', 'a window too large')
      this.exchange.queue.add(stream)
    }
  }

  onWindowUpdate(streamId: number, bytes: number): void {
    const { queue, streams } = this.exchange
    if (streamId === 0) {
      queue.window += bytes
      if (queue.window > maxWindowBytes) throw new ConnectionError('FLOW_CONTROL_ERROR', 'a window too large')
      return
    }
    if (streams.isIdle(streamId)) throw new ConnectionError('PROTOCOL_ERROR', 'WINDOW_UPDATE on an idle stream')
    const stream = streams.open.get(streamId)
    if (stream === undefined) return
    if (bytes === 0) throw new StreamError(streamId, 'PROTOCOL_ERROR', 'WINDOW_UPDATE by nothing')
    stream.sendWindow += bytes
    if (stream.sendWindow > maxWindowBytes) throw new StreamError(streamId, 'FLOW_CONTROL_ERROR', 'a window too large')
    queue.add(stream)
  }

  onPing(opaque: Buffer, isAck: boolean): void {
    if (!isAck) writePing(this.output, flag.ACK, opaque)
    else if (opaque.equals(drainPing)) this.finishDrain()
  }

  /** The client still wants its answers. Should it ask for more nevertheless, it knows that it was not heard. */
  onGoaway(): void {
    this.#isDraining = true
    this.finishDrain()
  }

  #listen(onClosed: () => void): void {
    const { socket } = this
    // Frames leave together already; holding them back gains nothing.
    socket.setNoDelay(true)
    socket.on('data', this.#receive)
    // A client may stop sending only together with the connection: half of one carries no requests.
    socket.on('end', () => socket.end())
    // `close` follows and tells all there is to tell.
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.#isEnding = true
      this.#reader.stop()
      this.exchange.closeAll()
      onClosed()
    })
  }

  #begin(): void {
    const { limits } = this.#server
    writeSettings(this.output, [
      [setting.HEADER_TABLE_SIZE, limits.headerTableBytes],
      [setting.MAX_CONCURRENT_STREAMS, limits.concurrentStreams],
      [setting.INITIAL_WINDOW_SIZE, limits.streamWindowBytes],
      [setting.MAX_HEADER_LIST_SIZE, limits.headerListBytes],
    ])
    const more = limits.connectionWindowBytes - defaultWindowBytes
    if (more > 0) writeWindowUpdate(this.output, 0, more)
  }

  readonly #receive = (chunk: Buffer): void => {
    if (this.#isEnding) return
    try {
      this.#reader.push(chunk)
      this.exchange.queue.pump()
    } catch (error) {
      this.#fail(error)
    }
    if (this.output.unwrittenBytes > pauseAtBytes && !this.#isEnding) this.socket.pause()
  }

  #fail(error: unknown): void {
    const { log } = this.#server.options
    if (!(error instanceof ConnectionError)) {
      log.error({ error, client: this.address }, 'an HTTP/2 connection failed on our side')
      this.end('INTERNAL_ERROR')
      return
    }
    const facts = { client: this.address, code: error.code, detail: error.message }
    if (error.code === 'ENHANCE_YOUR_CALM') log.warn(facts, 'an HTTP/2 client asks too much of its connection')
    else log.debug(facts, 'an HTTP/2 client broke the protocol')
    this.end(error.code)
  }

  readonly #onProgress = (): void => {
    if (this.#isEnding) return
    this.exchange.queue.pump()
    if (this.socket.isPaused() && this.output.unwrittenBytes < pauseAtBytes) this.socket.resume()
  }

  readonly #onSettled = (): void => {
    if (this.#isDraining) this.#endWhenIdle()
  }

  #endWhenIdle(): void {
    const { streams } = this.exchange
    if (streams.takesMore || streams.inFlight > 0 || this.#isEnding) return
    this.#isEnding = true
    this.#close()
  }

  #close(): void {
    this.#reader.stop()
    this.output.flush()
    // What still arrives is read and thrown away, or the kernel would drop our last words together with it.
    this.socket.end()
    this.socket.resume()
  }
}
