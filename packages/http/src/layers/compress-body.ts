/** Encodes bodies, never more at once than the machine has room for; what is in memory anyway is encoded once. */
import { pipeline, type Readable } from 'node:stream'
import { createEncoder, encode, type Coding, type CodingLevels } from './compress-coding.ts'

export interface BodyEncoderOptions extends CodingLevels {
  /** Streams encoded at once, about 1 MB each; default 256. Those beyond go out as they are. */
  readonly maxStreams?: number
  /** Bodies in memory encoded or waiting at once (four threads share the work); default 16. Those beyond go out as they are. */
  readonly maxJobs?: number
}

export interface BodyEncoderStatus {
  readonly streams: number
  readonly jobs: number
  /** Bodies in memory that had been encoded before. */
  readonly reused: number
  /** Bodies that went out as they are because there was no room. */
  readonly declined: number
}

/** `undefined` where encoding did not make it smaller. */
type Encoded = Uint8Array | undefined
type Memo = Map<Coding, Encoded | Promise<Encoded>>

const ignore = (): void => undefined

/** Shared by all routes. */
export class BodyEncoder {
  readonly #options: BodyEncoderOptions
  readonly #maxStreams: number
  readonly #maxJobs: number
  /** Lives as long as the bytes do: a cache that hands out the same bytes at each hit has them encoded once. */
  readonly #memos = new WeakMap<Uint8Array, Memo>()
  #streams = 0
  #jobs = 0
  #reused = 0
  #declined = 0

  constructor(options: BodyEncoderOptions = {}) {
    this.#options = options
    this.#maxStreams = options.maxStreams ?? 256
    this.#maxJobs = options.maxJobs ?? 16
  }

  status(): BodyEncoderStatus {
    return { streams: this.#streams, jobs: this.#jobs, reused: this.#reused, declined: this.#declined }
  }

  /**
   * Undefined when the body should go out as it is. Never rejects: a failed encoder is no reason to fail.
   *
   * @param bytes not to be changed as long as anybody holds them
   */
  whole(bytes: Uint8Array, coding: Coding): Encoded | Promise<Encoded> {
    const memo = this.#memoOf(bytes)
    if (memo.has(coding)) {
      this.#reused++
      return memo.get(coding)
    }
    if (this.#jobs >= this.#maxJobs) {
      this.#declined++
      return undefined
    }
    const job = this.#run(bytes, coding, memo)
    memo.set(coding, job)
    return job
  }

  /** Undefined when there is no room. Ends, fails and is given up together with its source. */
  stream(source: Readable, coding: Coding, flushesEach: boolean): Readable | undefined {
    if (this.#streams >= this.#maxStreams) {
      this.#declined++
      return undefined
    }
    this.#streams++
    const encoder = createEncoder(coding, this.#options, flushesEach)
    // Whoever reads hears of a failure; where nobody does any more, it must not end the process.
    encoder.on('error', ignore).once('close', () => this.#streams--)
    return pipeline(source, encoder, ignore)
  }

  #memoOf(bytes: Uint8Array): Memo {
    let memo = this.#memos.get(bytes)
    if (memo === undefined) this.#memos.set(bytes, (memo = new Map()))
    return memo
  }

  async #run(bytes: Uint8Array, coding: Coding, memo: Memo): Promise<Encoded> {
    this.#jobs++
    try {
      const encoded = await encode(coding, this.#options, bytes)
      const smaller = encoded.byteLength < bytes.byteLength ? encoded : undefined
      memo.set(coding, smaller)
      return smaller
    } catch {
      memo.set(coding, undefined)
      return undefined
    } finally {
      this.#jobs--
    }
  }
}
