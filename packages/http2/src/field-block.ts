/** A field block as it arrives: HEADERS and its CONTINUATION frames, with nothing in between (RFC 9113 §4.3). */
import type { Http2Limits } from './limits.ts'

export class FieldBlock {
  readonly streamId: number
  readonly endsStream: boolean
  /** The block's priority makes its stream depend on itself. */
  readonly dependsOnItself: boolean
  /** The octets, from `start` to `end`; of one that is whole at once valid during the call only. */
  source: Buffer
  start: number
  end: number
  #frames = 1

  constructor(
    streamId: number,
    endsStream: boolean,
    dependsOnItself: boolean,
    source: Buffer,
    start: number,
    end: number,
  ) {
    this.streamId = streamId
    this.endsStream = endsStream
    this.dependsOnItself = dependsOnItself
    this.source = source
    this.start = start
    this.end = end
  }

  /** Keeps the octets beyond the call, for a block that is not whole. */
  keep(): this {
    this.#replace(Buffer.from(this.source.subarray(this.start, this.end)))
    return this
  }

  /** False when there is no end to it (CVE-2024-27316). */
  append(part: Buffer, limits: Http2Limits): boolean {
    if (this.end + part.length > limits.headerBlockBytes || this.#frames > limits.continuationFrames) return false
    this.#frames += 1
    this.#replace(Buffer.concat([this.source, part]))
    return true
  }

  #replace(octets: Buffer): void {
    this.source = octets
    this.start = 0
    this.end = octets.length
  }
}
