/** Bounds retries to a part of the traffic, so that a failing pool is not asked even more (Finagle, "Retry Budgets"). */

export interface RetryBudgetSettings {
  /** Retries in percent of requests. */
  readonly budgetPercent: number
  /** Retries that are always allowed each second. */
  readonly budgetMinPerSecond: number
}

/** What was not spent is kept this long. */
const keptSeconds = 10
/** And never more than this many retries, however much traffic there was: as many as one member may have had in flight when it died. */
const mostKeptFromRequests = 1000

export class RetryBudget {
  readonly #settings: () => RetryBudgetSettings
  readonly #clock: () => number
  #balance: number
  #atMs: number

  /** @param clock milliseconds */
  constructor(settings: () => RetryBudgetSettings, clock: () => number) {
    this.#settings = settings
    this.#clock = clock
    this.#balance = settings().budgetMinPerSecond * keptSeconds
    this.#atMs = clock()
  }

  /** For each request, but not for its retries. */
  deposit(): void {
    this.#balance += this.#settings().budgetPercent / 100
  }

  /** Pays for one retry. @returns whether it may be made */
  withdraw(): boolean {
    this.#accrue()
    if (this.#balance < 1) return false
    this.#balance--
    return true
  }

  /** Retries that may be made now. */
  get available(): number {
    this.#accrue()
    return Math.floor(this.#balance)
  }

  #accrue(): void {
    const { budgetMinPerSecond } = this.#settings()
    const nowMs = this.#clock()
    const earned = this.#balance + (Math.max(0, nowMs - this.#atMs) / 1000) * budgetMinPerSecond
    this.#balance = Math.min(earned, budgetMinPerSecond * keptSeconds + mostKeptFromRequests)
    this.#atMs = nowMs
  }
}
