/** A field block as it arrives: HEADERS and its CONTINUATION frames, with nothing in between (RFC 9113 §4.3). */
import type { Http2Limits } from './limits.ts'

export class FieldBlock {
  readonly streamId: number
  readonly endsStream: boolean
  /** The block's priority makes its stream depend on itself. */
  readonly dependsOnItself: boolean
  readonly #parts: Buffer[]
  #bytes: number

  constructor(streamId: number, endsStream: boolean, dependsOnItself: boolean, first: Buffer) {
    this.streamId = streamId
    this.endsStream = endsStream
    this.dependsOnItself = dependsOnItself
    this.#parts = [first]
    this.#bytes = first.length
  }

  /** False when there is no end to it (CVE-2024-27316). */
  append(part: Buffer, limits: Http2Limits): boolean {
    this.#bytes += part.length
    if (this.#bytes > limits.headerBlockBytes || this.#parts.length > limits.continuationFrames) return false
    this.#parts.push(part)
    return true
  }

  get octets(): Buffer {
    return this.#parts.length === 1 && this.#parts[0] !== undefined ? this.#parts[0] : Buffer.concat(this.#parts)
  }
}
