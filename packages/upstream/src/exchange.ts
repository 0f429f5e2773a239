/** One request to one member and its response, streamed both ways (RFC 9110 §7.6, message forwarding). */
import { RoundtripError } from '@roundtrip/errors'
import { Fields, stripHopByHop, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import type { Dispatcher } from 'undici'
import type { Member } from './member.ts'
import { ResponseBody } from './response-body.ts'
import { upstreamError } from './upstream-error.ts'

export interface ExchangeOptions {
  readonly member: Member
  readonly request: HttpRequest
  /** Aborted when the client goes away; the next hop's work is then called off. */
  readonly signal: AbortSignal
  /** Longest wait for a free connection. */
  readonly queueTimeoutMs: number
}

/** The fields as they are sent on. Host and framing are undici's to write, from `authority` and the body. */
const fieldsForMember = ({ fields, authority, body }: HttpRequest): string[] => {
  const forwarded = stripHopByHop(fields.clone())
  // The edge has already answered an expectation; one that is passed on would be awaited twice (§10.1.1).
  forwarded.delete('expect')
  if (body === undefined) forwarded.delete('content-length')
  return ['host', authority, ...forwarded.toRaw()]
}

const fieldsFromMember = (raw: Dispatcher.DispatchController['rawHeaders']): Fields =>
  stripHopByHop(Fields.fromRaw((raw as readonly Buffer[]).map((text) => text.toString('latin1'))))

/** @throws RoundtripError of source `upstream`, or `CLIENT_CLOSED_REQUEST`, or what the request's own body failed with */
export const exchange = async (options: ExchangeOptions): Promise<HttpResponse> => {
  if (options.signal.aborted) throw new RoundtripError('CLIENT_CLOSED_REQUEST')
  return new Exchange(options).response
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly response: Promise<HttpResponse>
  readonly #options: ExchangeOptions
  readonly #settle: PromiseWithResolvers<HttpResponse>
  #controller: Dispatcher.DispatchController | undefined
  #body: ResponseBody | undefined
  #givenUp: Error | undefined
  #queueTimer: NodeJS.Timeout | undefined
  #ended = false

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#settle = Promise.withResolvers()
    this.response = this.#settle.promise
    const { member, request, signal, queueTimeoutMs } = options
    member.inFlight++
    signal.addEventListener('abort', this.#clientGone, { once: true })
    // undici stops listening when the response has ended, but the rest of an upload may still fail after that.
    request.body?.on('error', () => {})
    const dispatched = {
      method: request.method,
      path: request.target,
      headers: fieldsForMember(request),
      body: request.body ?? null,
      servername: member.hostname,
    }
    member.pool.dispatch(dispatched, this)
    if (this.#controller === undefined && this.#givenUp === undefined) {
      this.#queueTimer = setTimeout(() => this.#giveUp(new RoundtripError('UPSTREAM_TIMEOUT')), queueTimeoutMs)
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    clearTimeout(this.#queueTimer)
    this.#controller = controller
    if (this.#givenUp !== undefined) controller.abort(this.#givenUp)
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // Interim responses (1xx) are for this hop only: the edge answers expectations itself, early hints are not passed on.
    if (status < 200) return
    this.#body = new ResponseBody(controller)
    this.#settle.resolve({ status, fields: fieldsFromMember(controller.rawHeaders), body: this.#body })
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.receive(chunk)
  }

  onResponseEnd(): void {
    this.#end()
    this.#body?.finish()
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#fail(upstreamError(error, { member: this.#options.member.name, sent: this.#controller !== undefined }))
  }

  readonly #clientGone = (): void => this.#giveUp(new RoundtripError('CLIENT_CLOSED_REQUEST'))

  /** Before the request has a connection there is nothing to abort yet: that follows in `onRequestStart`. */
  #giveUp(error: RoundtripError): void {
    if (this.#controller === undefined) this.#fail(error)
    else this.#controller.abort(error)
  }

  #fail(error: RoundtripError): void {
    this.#givenUp ??= error
    this.#end()
    this.#settle.reject(error)
    this.#body?.destroy(error)
  }

  /** Once, however many ways it ends. */
  #end(): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#queueTimer)
    this.#options.signal.removeEventListener('abort', this.#clientGone)
    this.#options.member.inFlight--
  }
}
