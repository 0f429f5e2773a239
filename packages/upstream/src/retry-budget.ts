/** Bounds retries to a part of the traffic, so that a failing pool is not asked even more (Finagle, "Retry Budgets"). */

export interface RetryBudgetSettings {
  /** Retries in percent of requests. */
  readonly budgetPercent: number
  /** Retries that are always allowed each second. */
  readonly budgetMinPerSecond: number
}

/** What was not spent is kept this long, the current second included. */
const keptSeconds = 10
/** Sums are in hundredths of a retry: whole numbers, as percents are, which do not drift. */
const oneRetry = 100
/** And never more than this of what requests saved up, however much traffic there was: as many as one member may have had in flight when it died. */
const mostSaved = 1000 * oneRetry

/** What a request saves up for retries lasts ten seconds and is spent oldest first; what is always allowed comes on top. */
export class RetryBudget {
  readonly #settings: () => RetryBudgetSettings
  readonly #clock: () => number
  /** By the second in which it was saved, around and around. */
  readonly #saved = new Uint32Array(keptSeconds)
  #savedInAll = 0
  #second: number
  /** Of what is always allowed, and when it was that much. */
  #allowed: number
  #atMs: number

  /** @param clock milliseconds */
  constructor(settings: () => RetryBudgetSettings, clock: () => number) {
    this.#settings = settings
    this.#clock = clock
    this.#allowed = settings().budgetMinPerSecond * keptSeconds * oneRetry
    this.#atMs = clock()
    this.#second = secondOf(this.#atMs)
  }

  /** For each request, but not for its retries. */
  deposit(): void {
    const { budgetPercent } = this.#settings()
    this.#expire(this.#clock())
    this.#saved[this.#second % keptSeconds] = (this.#saved[this.#second % keptSeconds] as number) + budgetPercent
    this.#savedInAll += budgetPercent
    if (this.#savedInAll > mostSaved) this.#spend(this.#savedInAll - mostSaved)
  }

  /** Pays for one retry. @returns whether it may be made */
  withdraw(): boolean {
    this.#letTimePass()
    if (this.#savedInAll + this.#allowed < oneRetry) return false
    const fromSaved = Math.min(this.#savedInAll, oneRetry)
    this.#spend(fromSaved)
    this.#allowed -= oneRetry - fromSaved
    return true
  }

  /** Retries that may be made now. */
  get available(): number {
    this.#letTimePass()
    return Math.floor((this.#savedInAll + this.#allowed) / oneRetry)
  }

  #letTimePass(): void {
    const nowMs = this.#clock()
    const perSecond = this.#settings().budgetMinPerSecond * oneRetry
    const earned = this.#allowed + (Math.max(0, nowMs - this.#atMs) / 1000) * perSecond
    this.#allowed = Math.min(earned, perSecond * keptSeconds)
    this.#atMs = nowMs
    this.#expire(nowMs)
  }

  #expire(nowMs: number): void {
    const second = secondOf(nowMs)
    if (second <= this.#second) return
    const first = Math.max(this.#second + 1, second - keptSeconds + 1)
    for (let expired = first; expired <= second; expired++) {
      this.#savedInAll -= this.#saved[expired % keptSeconds] as number
      this.#saved[expired % keptSeconds] = 0
    }
    this.#second = second
  }

  /** Of what has been saved, that first which would expire first. @param amount no more than there is */
  #spend(amount: number): void {
    this.#savedInAll -= amount
    let left = amount
    for (let second = this.#second + 1; left > 0; second++) {
      const saved = this.#saved[second % keptSeconds] as number
      const spent = Math.min(saved, left)
      this.#saved[second % keptSeconds] = saved - spent
      left -= spent
    }
  }
}

const secondOf = (ms: number): number => Math.floor(ms / 1000)
