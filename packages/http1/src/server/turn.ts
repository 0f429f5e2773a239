/** The turn of a connection's request to be handled, and of its answer to leave. */
import type { HttpResponse, ServeOptions } from '@roundtrip/http'
import { isPending, later } from '@roundtrip/pipeline'
import type { Cohort, Member } from './cohort.ts'
import { toRequest, type Exchange } from './exchange.ts'

/** What becomes of a request once it is handled. Neither throws. */
export interface TurnEvents {
  readonly answered: (response: HttpResponse) => void
  readonly failed: (thrown: unknown) => void
}

export class Turn implements Member {
  readonly #options: ServeOptions
  readonly #cohort: Cohort
  readonly #events: TurnEvents
  #waiting: Exchange | undefined
  #response: HttpResponse | undefined

  constructor(options: ServeOptions, cohort: Cohort, events: TurnEvents) {
    this.#options = options
    this.#cohort = cohort
    this.#events = events
  }

  /** @param isLast whether the client has sent nothing behind it */
  take(exchange: Exchange, isLast: boolean): void {
    this.#waiting = exchange
    if (isLast) {
      this.#cohort.add(this)
      return
    }
    this.handle()
    // Requests sent ahead take turns: thousands, each begun by the answer to the one before, would not fit on the stack.
    queueMicrotask(() => this.send())
  }

  /** What has come whole is served, and in the log, although its connection ends in the same round of the event loop. */
  hurry(): void {
    this.handle()
    this.send()
  }

  /** The client is refused: what waits is not handled any more. */
  skip(): void {
    this.#waiting = undefined
  }

  handle(): void {
    const exchange = this.#waiting
    if (exchange === undefined) return
    this.#waiting = undefined
    exchange.isHandled = true
    const { handler, scheme } = this.#options
    try {
      const answer = handler(toRequest(exchange.head, scheme, exchange.body), exchange.context)
      if (isPending(answer)) later(answer).after(this.#events.answered, this.#events.failed, undefined, undefined)
      else this.#response = answer
    } catch (error) {
      this.#events.failed(error)
    }
  }

  send(): void {
    const response = this.#response
    if (response === undefined) return
    this.#response = undefined
    this.#events.answered(response)
  }
}
