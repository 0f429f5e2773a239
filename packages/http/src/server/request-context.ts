/** The context of one request as a server makes it; what few requests need is made when it is first asked for. */
// Imported, though it is a global: that one is a getter, which V8 looks up for each call.
import { performance } from 'node:perf_hooks'
import { RoundtripError } from '@roundtrip/errors'
import { Passage } from '@roundtrip/pipeline'
import type { Fields } from '../fields.ts'
import type { Delivery, Downstream, HttpContext, Log, SettledListener } from '../message.ts'
import { newRequestId } from '../new-request-id.ts'
import { childOf, newTrace, parseTraceParent, type TraceParent } from '../traceparent.ts'
import type { ServeOptions } from './serve-options.ts'

/** What a previous hop of ours sends; anything else is replaced, for it ends up in log lines and header fields. */
const requestIdPattern = /^[\w.:-]{1,128}$/

/** Who can send interim responses. */
export interface Informer {
  inform(context: RequestContext, status: number, fields: Fields): void
}

/** A list rather than an array: one that grows from its first element makes room for sixteen. */
interface Waiting {
  readonly listener: SettledListener
  next: Waiting | undefined
}

export class RequestContext implements HttpContext {
  readonly passage: Passage | undefined
  readonly downstream: Downstream
  client: string
  readonly facts: Record<string, unknown> = {}
  readonly log: Log
  /** Set by servers that can. */
  informer: Informer | undefined = undefined
  readonly #options: ServeOptions
  readonly #beganMs: number
  readonly #givenTrace: TraceParent | undefined
  readonly #isSampled: boolean
  readonly #givenId: string | undefined
  #requestId: string | undefined
  #trace: TraceParent | undefined
  #isGone = false
  #gone: AbortController | undefined
  #whenGone: (() => void)[] | undefined
  #delivered: PromiseWithResolvers<Delivery> | undefined
  #delivery: Delivery | undefined
  #firstSettled: Waiting | undefined
  #lastSettled: Waiting | undefined

  /** @param fields of the request as received: layers may change them later */
  constructor(fields: Fields, downstream: Downstream, options: ServeOptions) {
    const clock = options.clock ?? now
    this.#options = options
    this.#beganMs = clock()
    this.downstream = downstream
    this.client = downstream.address
    this.log = options.log
    this.#givenTrace = parseTraceParent(fields.get('traceparent'))
    this.#givenId = options.trustRequestId ? fields.get('x-request-id') : undefined
    this.#isSampled = isSampled(options.sampling, this.#givenTrace)
    this.passage = options.watch === 'sampled' && !this.#isSampled ? undefined : new Passage(clock)
  }

  get elapsedMs(): number {
    return (this.#options.clock ?? now)() - this.#beganMs
  }

  get requestId(): string {
    return (this.#requestId ??=
      this.#givenId !== undefined && requestIdPattern.test(this.#givenId) ? this.#givenId : newRequestId())
  }

  get trace(): TraceParent {
    return (this.#trace ??=
      this.#givenTrace === undefined ? newTrace(this.#isSampled) : childOf(this.#givenTrace, this.#isSampled))
  }

  get signal(): AbortSignal {
    if (this.#gone === undefined) {
      this.#gone = new AbortController()
      if (this.#isGone) this.#gone.abort(clientGone())
    }
    return this.#gone.signal
  }

  inform(status: number, fields: Fields): void {
    this.informer?.inform(this, status, fields)
  }

  onAbandoned(callback: () => void): void {
    if (this.#isGone) callback()
    else if (this.#whenGone === undefined) this.#whenGone = [callback]
    else this.#whenGone.push(callback)
  }

  get delivered(): Promise<Delivery> {
    if (this.#delivered === undefined) {
      this.#delivered = Promise.withResolvers()
      if (this.#delivery !== undefined) this.#delivered.resolve(this.#delivery)
    }
    return this.#delivered.promise
  }

  onSettled(listener: SettledListener): void {
    if (this.#delivery !== undefined) {
      listener(this.#delivery)
      return
    }
    const waiting: Waiting = { listener, next: undefined }
    if (this.#lastSettled === undefined) this.#firstSettled = waiting
    else this.#lastSettled.next = waiting
    this.#lastSettled = waiting
  }

  /** For the server: the client went away, though what becomes of the response is not known yet. */
  abandon(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#gone?.abort(clientGone())
    for (const callback of this.#whenGone ?? []) callback()
    this.#whenGone = undefined
  }

  /** For the server, once: how the response ended. */
  settle(delivery: Delivery): void {
    if (this.#delivery !== undefined) return
    this.#delivery = delivery
    this.#delivered?.resolve(delivery)
    for (let waiting = this.#firstSettled; waiting !== undefined; waiting = waiting.next) waiting.listener(delivery)
    if (delivery.outcome !== 'complete') this.abandon()
  }
}

const isSampled = (sampling: ServeOptions['sampling'], given: TraceParent | undefined): boolean =>
  sampling === 'always' || (sampling !== 'never' && given?.sampled === true)

const now = (): number => performance.now()

const clientGone = (): RoundtripError => new RoundtripError('CLIENT_CLOSED_REQUEST')
