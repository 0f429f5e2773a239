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
  /** Those in a row that were no answer at all. */
  unansweredInRow = 0
  /** Requests and successes since success rates were last compared. */
  requests = 0
  successes = 0
  /** Why it was ejected last. */
  reason = ''
  /** Milliseconds since the epoch. */
  since = 0
  /** Milliseconds since the epoch; -Infinity when it is not ejected. */
  until = -Infinity
  /** Whether all that spoke against it the last time was silence. */
  isForSilence = false
  #times = 0
  #endsWhenAnswering = false
  #serial = 0

  get isEjected(): boolean {
    return this.until !== -Infinity
  }

  /** Tells this ejection from those before and after; 0 when there is none. */
  get current(): number {
    return this.isEjected ? this.#serial : 0
  }

  /**
   * Each ejection is longer by the base than the one before.
   *
   * @param isUnanswered whether all that speaks against the member is silence
   */
  eject(reason: string, isUnanswered: boolean, now: number, { baseEjectionMs, maxEjectionMs }: EjectionTimes): void {
    this.#times++
    this.#serial++
    // Who is silent again so soon may answer nothing but checks.
    this.#endsWhenAnswering = isUnanswered && this.#times === 1
    this.isForSilence = isUnanswered
    this.reason = reason
    this.since = now
    this.until = now + Math.min(baseEjectionMs * this.#times, maxEjectionMs)
  }

  /** The member may be given work again; what it did before is not held against it twice. */
  end(): void {
    this.until = -Infinity
    this.serverErrorsInRow = 0
    this.gatewayErrorsInRow = 0
    this.unansweredInRow = 0
  }

  /**
   * A health check was answered: who was ejected for silence alone has spoken.
   *
   * @param during `current` when the check began, since one that began before tells nothing
   * @returns whether that was the end of the ejection
   */
  endWhenAnswering(during: number): boolean {
    if (during === 0 || during !== this.current || !this.#endsWhenAnswering) return false
    this.end()
    return true
  }

  /** Each interval without an ejection takes one off what the next would last. */
  forgive(): void {
    if (!this.isEjected && this.#times > 0) this.#times--
  }
}
