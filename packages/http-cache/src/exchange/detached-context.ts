/** The context of a fetch that may outlive the request it was begun for. */
import type { Delivery, Downstream, Fields, HttpContext, Log, SettledListener } from '@roundtrip/http'

/** What comes of it is handed to nobody in particular. */
const delivery: Delivery = { outcome: 'complete', bodyBytes: 0 }

export class DetachedContext implements HttpContext {
  readonly facts: Record<string, unknown>
  readonly passage: HttpContext['passage']
  readonly delivered: Promise<Delivery> = Promise.resolve(delivery)
  client: string
  readonly #origin: HttpContext
  readonly #isBehind: boolean
  #whenGone: (() => void)[] = []
  #controller: AbortController | undefined
  #reason: unknown

  /** @param isBehind in the background: neither timings nor facts of it belong to the request that set it off */
  constructor(origin: HttpContext, isBehind: boolean) {
    this.#origin = origin
    this.#isBehind = isBehind
    this.client = origin.client
    this.facts = isBehind ? {} : origin.facts
    this.passage = isBehind ? undefined : origin.passage
  }

  /** Nobody waits for it any more. */
  abort(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#controller?.abort(reason)
    for (const callback of this.#whenGone) callback()
    this.#whenGone = []
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Who set it off hears at once what the origin says ahead; those who join, and those answered already, do not. */
  inform(status: number, fields: Fields): void {
    if (!this.#isBehind) this.#origin.inform?.(status, fields)
  }

  onAbandoned(callback: () => void): void {
    if (this.#reason === undefined) this.#whenGone.push(callback)
    else callback()
  }

  onSettled(listener: SettledListener): void {
    listener(delivery)
  }

  get elapsedMs(): number {
    return this.#origin.elapsedMs
  }

  get requestId(): string {
    return this.#origin.requestId
  }

  get trace(): HttpContext['trace'] {
    return this.#origin.trace
  }

  get downstream(): Downstream {
    return this.#origin.downstream
  }

  get log(): Log {
    return this.#origin.log
  }
}
