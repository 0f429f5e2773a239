/** Reports what this process lets through to whoever keeps the ledger: soon, and all that has come together at once. */
import type { Spending } from './ledger.ts'

/** Hands a report in. @returns what `Ledger.enter` says, or undefined when it cannot be told in time; never rejects */
export type Settle = (spending: Spending) => Promise<readonly number[] | undefined>

export interface SettlingOptions {
  readonly settle: Settle
  readonly clock: () => number
  /** With the theoretical arrival time of a key, all processes together, on this clock. */
  readonly onArrival: (key: string, arrivalMs: number, nowMs: number) => void
}

/** From the first request on that is not reported yet; the next report waits for the answer to this one. */
const reportAfterMs = 10

export class Settling {
  readonly #options: SettlingOptions
  /** Not reported yet, by key, in the time that it stands for. */
  #spent = new Map<string, number>()
  /** When the first of it was let through. */
  #sinceMs = 0
  #isUnderWay = false

  constructor(options: SettlingOptions) {
    this.#options = options
  }

  /** Costs a look into a map: the rest is for later. */
  add(key: string, spentMs: number, nowMs: number): void {
    if (this.#spent.size === 0) this.#sinceMs = nowMs
    this.#spent.set(key, (this.#spent.get(key) ?? 0) + spentMs)
    if (!this.#isUnderWay) this.#reportSoon()
  }

  #reportSoon(): void {
    this.#isUnderWay = true
    setTimeout(() => void this.#report(), reportAfterMs).unref()
  }

  async #report(): Promise<void> {
    const { settle, clock } = this.#options
    const [spent, sinceMs] = [this.#spent, this.#sinceMs]
    this.#spent = new Map()
    const keys = [...spent.keys()]
    const owedMs = await settle({ keys, spentMs: [...spent.values()], ageMs: clock() - sinceMs })
    if (owedMs !== undefined) this.#learn(keys, owedMs, sinceMs)
    if (this.#spent.size > 0) this.#reportSoon()
    else this.#isUnderWay = false
  }

  /** What has been let through meanwhile is in the next report: it comes on top. */
  #learn(keys: readonly string[], owedMs: readonly number[], sinceMs: number): void {
    const { clock, onArrival } = this.#options
    const nowMs = clock()
    for (const [i, key] of keys.entries()) {
      const arrivalMs = sinceMs + (owedMs[i] ?? 0)
      const spentMs = this.#spent.get(key)
      onArrival(key, spentMs === undefined ? arrivalMs : Math.max(arrivalMs, this.#sinceMs) + spentMs, nowMs)
    }
  }
}
