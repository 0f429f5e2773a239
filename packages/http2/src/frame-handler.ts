/** Reads each type of frame and holds it to its form (RFC 9113 §6); what it means to streams is the sink's to say. */
import { FieldBlock } from './field-block.ts'
import type { FloodGuard } from './flood-guard.ts'
import { flag, frameType } from './frame-types.ts'
import type { Http2Limits } from './limits.ts'
import { ConnectionError, StreamError } from './protocol-error.ts'

/** What well-formed frames come to. All may throw ConnectionError, those of a stream StreamError. */
export interface FrameSink {
  onFieldBlock(block: FieldBlock): void
  /** @param flowBytes what the frame takes of the windows: its padding counts */
  onData(streamId: number, content: Buffer, flowBytes: number, endsStream: boolean): void
  onReset(streamId: number): void
  onWindowUpdate(streamId: number, bytes: number): void
  onSettings(source: Buffer, start: number, end: number): void
  onPing(opaque: Buffer, isAck: boolean): void
  onGoaway(): void
  onStreamError(error: StreamError): void
}

const violation = (detail: string): never => {
  throw new ConnectionError('PROTOCOL_ERROR', detail)
}

const wrongSize = (detail: string): never => {
  throw new ConnectionError('FRAME_SIZE_ERROR', detail)
}

export class FrameHandler {
  readonly #sink: FrameSink
  readonly #guard: FloodGuard
  readonly #limits: Http2Limits
  #hasSettings = false
  /** Begun by HEADERS; only its CONTINUATION may follow. */
  #block: FieldBlock | undefined

  constructor(sink: FrameSink, guard: FloodGuard, limits: Http2Limits) {
    this.#sink = sink
    this.#guard = guard
    this.#limits = limits
  }

  /** Whether the client owes its first SETTINGS, or the rest of a field block. */
  get isAwaited(): boolean {
    return !this.#hasSettings || this.#block !== undefined
  }

  readonly onFrame = (type: number, flags: number, id: number, source: Buffer, start: number, end: number): void => {
    if (!this.#hasSettings) this.#expectSettings(type, flags)
    if (this.#block !== undefined && (type !== frameType.CONTINUATION || id !== this.#block.streamId)) {
      violation('a frame inside of a field block')
    }
    try {
      this.#dispatch(type, flags, id, source, start, end)
    } catch (error) {
      if (!(error instanceof StreamError)) throw error
      this.#sink.onStreamError(error)
    }
  }

  #expectSettings(type: number, flags: number): void {
    if (type !== frameType.SETTINGS || (flags & flag.ACK) !== 0) violation('the first frame is not SETTINGS')
    this.#hasSettings = true
  }

  #dispatch(type: number, flags: number, id: number, source: Buffer, start: number, end: number): void {
    switch (type) {
      case frameType.DATA:
        return this.#readData(flags, id, source, start, end)
      case frameType.HEADERS:
        return this.#readHeaders(flags, id, source, start, end)
      case frameType.CONTINUATION:
        return this.#readContinuation(flags, source.subarray(start, end))
      case frameType.WINDOW_UPDATE:
        return this.#readWindowUpdate(id, source, start, end)
      case frameType.RST_STREAM:
        return this.#readReset(id, end - start)
      case frameType.PUSH_PROMISE:
        return violation('PUSH_PROMISE from a client')
      default:
        this.#guard.count('control')
        return this.#readControl(type, flags, id, source, start, end)
    }
  }

  /** Frames that carry no request: each is cheap to send, so they are counted. Unknown types are ignored. */
  #readControl(type: number, flags: number, id: number, source: Buffer, start: number, end: number): void {
    if (type === frameType.SETTINGS) this.#readSettings(flags, id, source, start, end)
    else if (type === frameType.PING) {
      if (id !== 0) violation('PING on a stream')
      if (end - start !== 8) wrongSize('PING is not of 8 octets')
      this.#sink.onPing(source.subarray(start, end), (flags & flag.ACK) !== 0)
    } else if (type === frameType.PRIORITY) {
      if (id === 0) violation('PRIORITY on no stream')
      if (end - start !== 5) throw new StreamError(id, 'FRAME_SIZE_ERROR', 'PRIORITY is not of 5 octets')
      if (dependencyAt(source, start) === id) throw new StreamError(id, 'PROTOCOL_ERROR', 'a stream depends on itself')
    } else if (type === frameType.GOAWAY) {
      if (id !== 0) violation('GOAWAY on a stream')
      if (end - start < 8) wrongSize('GOAWAY of less than 8 octets')
      this.#sink.onGoaway()
    }
  }

  #readSettings(flags: number, id: number, source: Buffer, start: number, end: number): void {
    if (id !== 0) violation('SETTINGS on a stream')
    if ((flags & flag.ACK) === 0) this.#sink.onSettings(source, start, end)
    else if (end > start) wrongSize('SETTINGS with ACK and content')
  }

  #readData(flags: number, id: number, source: Buffer, start: number, end: number): void {
    if (id === 0) violation('DATA on no stream')
    const [from, to] = unpad(flags, source, start, end)
    const endsStream = (flags & flag.END_STREAM) !== 0
    if (from === to && !endsStream) this.#guard.count('empty')
    this.#sink.onData(id, source.subarray(from, to), end - start, endsStream)
  }

  #readHeaders(flags: number, id: number, source: Buffer, start: number, end: number): void {
    if (id === 0) violation('HEADERS on no stream')
    const [from, to] = unpad(flags, source, start, end)
    const hasPriority = (flags & flag.PRIORITY) !== 0
    if (hasPriority && to - from < 5) wrongSize('HEADERS without room for their priority')
    const dependsOnItself = hasPriority && dependencyAt(source, from) === id
    const isWhole = (flags & flag.END_HEADERS) !== 0
    const endsStream = (flags & flag.END_STREAM) !== 0
    const block = new FieldBlock(id, endsStream, dependsOnItself, source, hasPriority ? from + 5 : from, to)
    if (isWhole) this.#sink.onFieldBlock(block)
    else this.#block = block.keep()
  }

  #readContinuation(flags: number, part: Buffer): void {
    const block = this.#block ?? violation('CONTINUATION of nothing')
    const isWhole = (flags & flag.END_HEADERS) !== 0
    if (part.length === 0 && !isWhole) this.#guard.count('empty')
    if (!block.append(part, this.#limits)) this.#guard.refuse('fieldBlock')
    if (!isWhole) return
    this.#block = undefined
    this.#sink.onFieldBlock(block)
  }

  #readWindowUpdate(id: number, source: Buffer, start: number, end: number): void {
    this.#guard.count('windowUpdate')
    if (end - start !== 4) wrongSize('WINDOW_UPDATE is not of 4 octets')
    const bytes = source.readUInt32BE(start) & 0x7fffffff
    if (bytes === 0 && id === 0) violation('WINDOW_UPDATE by nothing')
    this.#sink.onWindowUpdate(id, bytes)
  }

  #readReset(id: number, length: number): void {
    if (id === 0) violation('RST_STREAM on no stream')
    if (length !== 4) wrongSize('RST_STREAM is not of 4 octets')
    this.#guard.count('reset')
    this.#sink.onReset(id)
  }
}

const dependencyAt = (source: Buffer, offset: number): number => source.readUInt32BE(offset) & 0x7fffffff

/** Where the content begins and ends without its padding (RFC 9113 §6.1). */
const unpad = (flags: number, source: Buffer, start: number, end: number): readonly [from: number, to: number] => {
  if ((flags & flag.PADDED) === 0) return [start, end]
  if (end === start) wrongSize('a padded frame without its length of padding')
  const to = end - (source[start] ?? 0)
  if (to < start + 1) violation('more padding than frame')
  return [start + 1, to]
}
