/** The content of a next hop's response as a stream that holds the next hop back when the client is slow. */
import { Readable } from 'node:stream'
import type { LendingBody } from '@roundtrip/http'
import { giveBack } from './lent-memory.ts'

/** Where the content comes from. */
export interface BodySource {
  /** The reader has enough for now. */
  pauseBody(): void
  resumeBody(): void
  /** Nobody wants the rest: the next hop must not go on producing it. */
  abandonBody(reason: Error | null): void
}

const ignore = (): void => {}

export class ResponseBody extends Readable implements LendingBody {
  readonly #source: BodySource
  #isComplete = false

  constructor(source: BodySource) {
    super()
    this.#source = source
    // The next hop may break off before the response has found its reader; unheard, the error would end the process.
    this.on('error', ignore)
  }

  /** Takes what arrived; when the reader has enough, the source is asked to pause. */
  receive(chunk: Uint8Array): void {
    if (!this.push(chunk)) this.#source.pauseBody()
  }

  giveBack(chunk: Uint8Array): void {
    giveBack(chunk)
  }

  /** The content has arrived to its end. */
  finish(): void {
    this.#isComplete = true
    this.push(null)
  }

  override _read(): void {
    if (!this.#isComplete) this.#source.resumeBody()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isComplete) this.#source.abandonBody(error)
    done(error)
  }
}
