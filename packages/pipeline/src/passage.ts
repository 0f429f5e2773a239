/** A request's passage through a pipeline: which layers it entered, for how long, and which one answered. */

/** One stay in one layer. A layer entered twice (retry) has two. */
export interface Visit {
  readonly name: string
  /** Nesting depth, 0 for the outermost layer. */
  readonly depth: number
  /** Since the passage began. */
  readonly startMs: number
  /** Until the layer returned or threw; undefined while it is still inside. */
  durationMs: number | undefined
  outcome: 'answered' | 'failed' | undefined
}

export interface OpenVisit {
  leave(outcome: 'answered' | 'failed'): void
}

/** Milliseconds from some fixed point, never going back; `performance.now` outside of tests. */
export type Clock = () => number

export class Passage {
  readonly visits: Visit[] = []
  readonly #clock: Clock
  readonly #beganMs: number
  #depth = 0
  #answeredBy: string | undefined

  constructor(clock: Clock = () => performance.now()) {
    this.#clock = clock
    this.#beganMs = clock()
  }

  /** Milliseconds since the passage began. */
  get elapsedMs(): number {
    return this.#clock() - this.#beganMs
  }

  /** The innermost layer whose answer travelled outwards; undefined before anyone answered. */
  get answeredBy(): string | undefined {
    return this.#answeredBy
  }

  enter(name: string): OpenVisit {
    const visit: Visit = {
      name,
      depth: this.#depth++,
      startMs: this.elapsedMs,
      durationMs: undefined,
      outcome: undefined,
    }
    this.visits.push(visit)
    return {
      leave: (outcome) => {
        visit.durationMs = this.elapsedMs - visit.startMs
        visit.outcome = outcome
        this.#depth = visit.depth
        // The first to answer is the innermost; a failure on the way out discards whatever had been answered.
        this.#answeredBy = outcome === 'failed' ? undefined : (this.#answeredBy ?? name)
      },
    }
  }
}
