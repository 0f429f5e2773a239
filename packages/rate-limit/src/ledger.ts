/** What keys owe, spent from by several processes: one of them keeps it, the others report and hear what it comes to. */
import { ExpiringMap } from './expiring-map.ts'

/** What one process let through since it reported last. Two lists of one length, as it goes from process to process. */
export interface Spending {
  readonly keys: readonly string[]
  /** What was let through of each, in the time that it stands for. */
  readonly spentMs: readonly number[]
  /** For how long the first of it waited for this report: from then on it is paid off. */
  readonly ageMs: number
}

export interface LedgerOptions {
  /** Most keys kept, about 150 bytes each; default 100 000. Beyond that the one nearest to a clean slate is forgotten. */
  readonly maxKeys?: number
  /** Milliseconds, never going back; default `performance.now`. Those of the processes that report need not agree with it. */
  readonly clock?: () => number
}

export class Ledger {
  /** Theoretical arrival time of each key. */
  readonly #arrivals: ExpiringMap
  readonly #clock: () => number

  constructor({ maxKeys = 100_000, clock = () => performance.now() }: LedgerOptions = {}) {
    this.#arrivals = new ExpiringMap(maxKeys)
    this.#clock = clock
  }

  /** @returns milliseconds that each key owed `ageMs` ago, all processes and this spending together */
  enter({ keys, spentMs, ageMs }: Spending): number[] {
    const nowMs = this.#clock()
    const sinceMs = nowMs - ageMs
    return keys.map((key, i) => {
      const arrivalMs = Math.max(this.#arrivals.get(key) ?? sinceMs, sinceMs) + (spentMs[i] ?? 0)
      this.#arrivals.set(key, arrivalMs, nowMs)
      return arrivalMs - sinceMs
    })
  }
}
