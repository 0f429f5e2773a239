/** What a transport has in hand and has done: its live figures, and when the last exchange has ended. */
import type { TransportStats } from './transport.ts'

/** What the transport itself keeps lists of. */
export interface Holdings {
  readonly open: () => number
  readonly idle: () => number
  readonly waiting: () => number
}

export class TransportLoad implements TransportStats {
  inFlight = 0
  connects = 0
  reuses = 0
  /** Takes no new work. */
  isDraining = false
  readonly #holdings: Holdings
  readonly #drained = Promise.withResolvers<void>()

  constructor(holdings: Holdings) {
    this.#holdings = holdings
  }

  get open(): number {
    return this.#holdings.open()
  }

  get idle(): number {
    return this.#holdings.idle()
  }

  get waiting(): number {
    return this.#holdings.waiting()
  }

  /** For each exchange, once, when it has ended. */
  readonly ended = (): void => {
    this.inFlight--
    this.#settle()
  }

  /** Resolves when the last exchange has ended. */
  drain(): Promise<void> {
    this.isDraining = true
    this.#settle()
    return this.#drained.promise
  }

  #settle(): void {
    if (this.isDraining && this.inFlight === 0) this.#drained.resolve()
  }
}
