/** How many requests wait for one pool of next hops, and how many may: a pool that hangs must not cost the others their place. */
import { GradientLimit, type GradientLimitOptions } from './gradient-limit.ts'

/** Answers that came quicker were in memory: they waited for nobody and say nothing about who is waited for. */
const fromMemoryMs = 0.25

export interface UpstreamLoadStatus {
  readonly limit: number
  /** Requests without an answer yet, their content read. */
  readonly waiting: number
  /** Average time to an answer; undefined before there were enough. */
  readonly usualMs: number | undefined
}

export class UpstreamLoad {
  readonly clock: () => number
  readonly #limit: GradientLimit
  #waiting = 0

  constructor(options: GradientLimitOptions, clock: () => number) {
    this.clock = clock
    this.#limit = new GradientLimit(options)
  }

  /** @param share of the limit that may be used */
  hasRoom(share: number): boolean {
    return this.#waiting < this.#limit.limit * share
  }

  /** A request begins to wait for its answer: `answered` is then owed. @returns how many wait with it */
  waits(): number {
    return ++this.#waiting
  }

  /** @param waiting as `waits` said; @param isGood whether it is a measure of who answers, not a failure */
  answered(startMs: number, waiting: number, isGood: boolean): void {
    this.#waiting--
    const nowMs = this.clock()
    const durationMs = nowMs - startMs
    if (isGood && durationMs >= fromMemoryMs) this.#limit.sample(durationMs, waiting, nowMs)
  }

  status(): UpstreamLoadStatus {
    return { limit: Math.floor(this.#limit.limit), waiting: this.#waiting, usualMs: this.#limit.usualMs }
  }
}
