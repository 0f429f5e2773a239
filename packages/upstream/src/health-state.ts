/** Whether a member may be given work: how many checks in a row it takes to change our mind. */

export type HealthCheckState = 'healthy' | 'unhealthy'

/** The outcome of one health check. */
export type CheckResult =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly reason: string
      /** Whether there was an answer, though not the one wanted; silence by default. */
      readonly isAnswered?: boolean
    }

export interface Thresholds {
  /** Successes in a row that bring an unhealthy member back. */
  readonly rise: number
  /** Failures in a row that take a healthy member out. */
  readonly fall: number
}

const unchecked = 'not checked yet'

/** Starts out healthy, so that requests are tried before the first check has come back. */
export class HealthState {
  #thresholds: Thresholds
  readonly #clock: () => number
  #state: HealthCheckState = 'healthy'
  #reason = unchecked
  #since: number
  #streak = 0
  #proven = false
  #answers = true

  /** @param clock milliseconds since the epoch */
  constructor(thresholds: Thresholds, clock: () => number) {
    this.#thresholds = thresholds
    this.#clock = clock
    this.#since = clock()
  }

  get state(): HealthCheckState {
    return this.#state
  }

  /** Why the member is in this state, as the last check that bore it out said. */
  get reason(): string {
    return this.#reason
  }

  /** When it came into this state, in milliseconds since the epoch. */
  get since(): number {
    return this.#since
  }

  /** Whether the last check was answered at all: a request may be, even where checks fail. */
  get answers(): boolean {
    return this.#answers
  }

  /** Applies to the results to come. */
  set thresholds(thresholds: Thresholds) {
    this.#thresholds = thresholds
  }

  /**
   * Another check is made from now on. The state stays until it speaks: where it asks for the wrong thing it takes as
   * many failures as ever to take a member out, and the first success brings back whom the former check kept out.
   */
  askOtherwise(): void {
    this.#streak = 0
    this.#proven &&= this.#state === 'healthy'
  }

  /** No check is made any more: as if there had never been one. @returns whether the state changed */
  forget(): boolean {
    const wasOut = this.#state === 'unhealthy'
    if (wasOut) this.#since = this.#clock()
    this.#state = 'healthy'
    this.#reason = unchecked
    this.#streak = 0
    this.#proven = false
    this.#answers = true
    return wasOut
  }

  /** Notes a result. @returns whether the state changed */
  record(result: CheckResult): boolean {
    this.#answers = result.ok || result.isAnswered === true
    const seen: HealthCheckState = result.ok ? 'healthy' : 'unhealthy'
    const reason = result.ok ? 'passed its health check' : result.reason
    if (seen === this.#state) {
      this.#streak = 0
      this.#reason = reason
      this.#proven ||= result.ok
      return false
    }
    this.#streak++
    if (this.#streak < this.#needed(seen)) return false
    this.#proven ||= result.ok
    this.#state = seen
    this.#reason = reason
    this.#since = this.#clock()
    this.#streak = 0
    return true
  }

  /** A member that was never seen healthy has no good name to lose or win back: its first answer decides. */
  #needed(seen: HealthCheckState): number {
    if (!this.#proven) return 1
    return seen === 'healthy' ? this.#thresholds.rise : this.#thresholds.fall
  }
}
