/** One look a second at every connection of a server, instead of a timer for each of them or for each request. */
import type { Clock } from '@roundtrip/pipeline'

/** Runs something again and again; returns how to stop it. */
export type Schedule = (run: () => void, intervalMs: number) => () => void

export interface Swept {
  sweep(nowMs: number, sinceLastMs: number): void
}

const intervalMs = 1000

/** Does not keep the process alive by itself. */
const everyInterval: Schedule = (run, ms) => {
  const timer = setInterval(run, ms).unref()
  return () => clearInterval(timer)
}

/** Runs only while there is something to look at. */
export class Sweep {
  /** The clock as of the last look: up to a second old, and free. */
  nowMs = 0
  readonly #swept = new Set<Swept>()
  readonly #clock: Clock
  readonly #schedule: Schedule
  #stop: (() => void) | undefined

  constructor(clock: Clock = () => performance.now(), schedule: Schedule = everyInterval) {
    this.#clock = clock
    this.#schedule = schedule
  }

  get size(): number {
    return this.#swept.size
  }

  /** The clock itself, for what must be exact. */
  exactMs(): number {
    return this.#clock()
  }

  add(swept: Swept): void {
    this.#swept.add(swept)
    if (this.#stop !== undefined) return
    this.nowMs = this.#clock()
    this.#stop = this.#schedule(() => this.#run(), intervalMs)
  }

  delete(swept: Swept): void {
    this.#swept.delete(swept)
    if (this.#swept.size > 0) return
    this.#stop?.()
    this.#stop = undefined
  }

  #run(): void {
    const sinceLastMs = this.#clock() - this.nowMs
    this.nowMs += sinceLastMs
    for (const swept of this.#swept) swept.sweep(this.nowMs, sinceLastMs)
  }
}
