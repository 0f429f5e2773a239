/** The content of a next hop's response as a stream that holds the next hop back when the client is slow. */
import { Readable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'
import type { Dispatcher } from 'undici'

export class ResponseBody extends Readable {
  readonly #controller: Dispatcher.DispatchController
  #complete = false

  constructor(controller: Dispatcher.DispatchController) {
    super()
    this.#controller = controller
    // The next hop may break off before the response has found its reader; unheard, the error would end the process.
    this.on('error', () => undefined)
  }

  /** Takes what arrived; when the reader has enough, the connection is no longer read from. */
  receive(chunk: Uint8Array): void {
    if (!this.push(chunk)) this.#controller.pause()
  }

  finish(): void {
    this.#complete = true
    this.push(null)
  }

  override _read(): void {
    this.#controller.resume()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // Nobody wants the rest: the next hop must not go on producing it.
    if (!this.#complete) this.#controller.abort(error ?? new RoundtripError('CLIENT_CLOSED_REQUEST'))
    done(error)
  }
}
