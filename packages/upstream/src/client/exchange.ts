/** One request to a next hop and its response, from `send` until the last byte has arrived or never will. */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpRequest, HttpResponse } from '@roundtrip/http'
import type { ResponseBody } from './response-body.ts'
import type { SendOptions, TransportTimeouts } from './transport.ts'

/** Who has an exchange in hand. */
export interface Carrier {
  /** Nobody wants the answer any more: fails the exchange, and sees to it that the next hop stops working on it. */
  callOff(exchange: Exchange, error: RoundtripError): void
}

const ignore = (): void => {}

export class Exchange {
  readonly request: HttpRequest
  readonly options: SendOptions
  readonly response: Promise<HttpResponse>
  readonly firstByteTimeoutMs: number
  /** On the sweep's clock. */
  readonly totalDeadlineMs: number
  /** Until when a connection is waited for, on the sweep's clock. */
  readonly queueDeadlineMs: number
  /** As an HTTP/1.1 connection writes it. */
  head = ''
  /** The pool first, then a connection. */
  carrier: Carrier
  isEnded = false
  /** Once the content of the response is being streamed. */
  body: ResponseBody | undefined
  readonly #onEnd: () => void
  #resolve: (response: HttpResponse) => void = ignore
  #reject: (error: RoundtripError) => void = ignore

  /** @param onEnd for the transport's own counts */
  constructor(
    request: HttpRequest,
    options: SendOptions,
    timeouts: TransportTimeouts,
    carrier: Carrier,
    nowMs: number,
    onEnd: () => void,
  ) {
    this.request = request
    this.options = options
    this.carrier = carrier
    this.firstByteTimeoutMs = options.firstByteTimeoutMs ?? timeouts.firstByteTimeoutMs
    this.totalDeadlineMs = nowMs + (options.totalTimeoutMs ?? timeouts.totalTimeoutMs ?? Infinity)
    this.queueDeadlineMs = nowMs + timeouts.queueTimeoutMs
    this.#onEnd = onEnd
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // The rest of an upload may fail when nobody listens to it any more.
    request.body?.on('error', ignore)
  }

  /** Calls the exchange off when the client or the caller does. Once it is in its carrier's hands. */
  heed(): void {
    const { context, signal } = this.options
    context.onAbandoned(() => this.callOff(new RoundtripError('CLIENT_CLOSED_REQUEST')))
    if (signal === undefined) return
    if (signal.aborted) this.#signalled()
    else signal.addEventListener('abort', this.#signalled, { once: true })
  }

  callOff(error: RoundtripError): void {
    if (!this.isEnded) this.carrier.callOff(this, error)
  }

  /** The head has arrived. */
  respond(response: HttpResponse): void {
    this.#resolve(response)
  }

  fail(error: RoundtripError): void {
    if (this.isEnded) return
    this.#end(error)
    this.#reject(error)
    this.body?.destroy(error)
  }

  /** The last byte has arrived. */
  complete(): void {
    if (this.isEnded) return
    this.#end(undefined)
    this.body?.finish()
  }

  #end(error: RoundtripError | undefined): void {
    this.isEnded = true
    this.options.signal?.removeEventListener('abort', this.#signalled)
    this.#onEnd()
    this.options.onEnd?.(error)
  }

  readonly #signalled = (): void => {
    const reason: unknown = this.options.signal?.reason
    this.callOff(reason instanceof RoundtripError ? reason : new RoundtripError('CLIENT_CLOSED_REQUEST'))
  }
}
