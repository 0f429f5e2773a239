/** Whether passive observation has put a member aside, why, and until when (Envoy's outlier detection). */

export interface EjectionTimes {
  readonly baseEjectionMs: number
  readonly maxEjectionMs: number
}

export class Ejection {
  /** Failures of any kind in a row. */
  serverErrorsInRow = 0
  /** Those in a row that a gateway reports for what stands behind it. */
  gatewayErrorsInRow = 0
  /** Requests and successes since success rates were last compared. */
  requests = 0
  successes = 0
  /** Why it was ejected last. */
  reason = ''
  /** Milliseconds since the epoch. */
  since = 0
  /** Milliseconds since the epoch; -Infinity when it is not ejected. */
  until = -Infinity
  #times = 0

  get isEjected(): boolean {
    return this.until !== -Infinity
  }

  /** Each ejection is longer by the base than the one before. */
  eject(reason: string, now: number, { baseEjectionMs, maxEjectionMs }: EjectionTimes): void {
    this.#times++
    this.reason = reason
    this.since = now
    this.until = now + Math.min(baseEjectionMs * this.#times, maxEjectionMs)
  }

  /** The member may be given work again; what it did before is not held against it twice. */
  end(): void {
    this.until = -Infinity
    this.serverErrorsInRow = 0
    this.gatewayErrorsInRow = 0
  }

  /** Each interval without an ejection takes one off what the next would last. */
  forgive(): void {
    if (!this.isEjected && this.#times > 0) this.#times--
  }
}
