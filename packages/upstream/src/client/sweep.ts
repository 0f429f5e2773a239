/** One timer for the deadlines of all connections to next hops: it looks ten times a second, where a timer for each request would cost more than the request. */
import type { Schedule } from '../health-check.ts'

/** What has deadlines. */
export interface Swept {
  /**
   * Acts on what is overdue.
   *
   * @returns whether there is anything left to watch; if not, `watch` has to be called again
   */
  sweep(nowMs: number): boolean
}

export interface SweepOptions {
  /** Milliseconds from some fixed point, never going back; `performance.now` by default. */
  readonly clock?: () => number
  /** By default a timer that keeps no process alive. */
  readonly schedule?: Schedule
}

/** How late a deadline may be noticed. */
export const sweepIntervalMs = 100

const scheduleUnreferenced: Schedule = (task, delayMs) => {
  const timer = setTimeout(task, delayMs).unref()
  return () => clearTimeout(timer)
}

export class Sweep {
  readonly clock: () => number
  readonly #schedule: Schedule
  readonly #watched = new Set<Swept>()
  #isScheduled = false

  constructor({ clock = () => performance.now(), schedule = scheduleUnreferenced }: SweepOptions = {}) {
    this.clock = clock
    this.#schedule = schedule
  }

  watch(swept: Swept): void {
    this.#watched.add(swept)
    this.#arm()
  }

  #arm(): void {
    if (this.#isScheduled || this.#watched.size === 0) return
    this.#isScheduled = true
    this.#schedule(this.#run, sweepIntervalMs)
  }

  readonly #run = (): void => {
    this.#isScheduled = false
    const nowMs = this.clock()
    for (const swept of this.#watched) if (!swept.sweep(nowMs)) this.#watched.delete(swept)
    this.#arm()
  }
}

/** Shared by all transports of the process that are not given their own. */
export const sharedSweep: Sweep = new Sweep()
