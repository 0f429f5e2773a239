/** Cuts what a socket delivers into frames (RFC 9113 §4.1), without copying those that arrive in one piece. */
import { defaultFrameBytes, frameHeaderBytes, preface } from './frame-types.ts'
import { ConnectionError } from './protocol-error.ts'

/** One frame; its payload is `source` from `start` to `end`, valid during the call only. */
export type OnFrame = (
  type: number,
  flags: number,
  streamId: number,
  source: Buffer,
  start: number,
  end: number,
) => void

export class FrameReader {
  readonly #onFrame: OnFrame
  #rest: Buffer | undefined
  #isOpened = false
  #isStopped = false

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame
  }

  /** Whether a frame has begun that may not take long: anything but content. */
  get isAmidHead(): boolean {
    const rest = this.#rest
    return !this.#isOpened || (rest !== undefined && (rest.length < frameHeaderBytes || rest[3] !== 0))
  }

  stop(): void {
    this.#isStopped = true
    this.#rest = undefined
  }

  /** @throws ConnectionError when the preface is wrong or a frame is larger than allowed; and what `onFrame` throws */
  push(chunk: Buffer): void {
    if (this.#isStopped) return
    const source = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = undefined
    const end = this.#readFrames(source, this.#isOpened ? 0 : this.#readPreface(source))
    // A slice would hold on to all that was read together with it.
    if (end < source.length && !this.#isStopped) this.#rest = Buffer.from(source.subarray(end))
  }

  #readPreface(source: Buffer): number {
    const length = Math.min(source.length, preface.length)
    if (source.compare(preface, 0, length, 0, length) !== 0) {
      throw new ConnectionError('PROTOCOL_ERROR', 'not an HTTP/2 connection preface')
    }
    if (length < preface.length) return 0
    this.#isOpened = true
    return length
  }

  /** Returns where the first frame begins that is not whole yet. */
  #readFrames(source: Buffer, from: number): number {
    let offset = from
    while (this.#isOpened && !this.#isStopped && source.length - offset >= frameHeaderBytes) {
      const length = source.readUIntBE(offset, 3)
      if (length > defaultFrameBytes) throw new ConnectionError('FRAME_SIZE_ERROR', `a frame of ${length} bytes`)
      const start = offset + frameHeaderBytes
      const end = start + length
      if (end > source.length) break
      offset = end
      const streamId = source.readUInt32BE(start - 4) & 0x7fffffff
      this.#onFrame(source[start - 6] ?? 0, source[start - 5] ?? 0, streamId, source, start, end)
    }
    return offset
  }
}
