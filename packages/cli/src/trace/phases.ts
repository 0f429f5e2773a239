/** The phases of a request on one monotonic clock: each begins where the one before ends, so they add up to the whole. */

/** In the order in which a request goes through them; what a connection already has is left out. */
export const phaseNames = ['url', 'name', 'connect', 'tls', 'request', 'wait', 'transfer'] as const

export type PhaseName = (typeof phaseNames)[number]

export interface Phase {
  readonly name: PhaseName
  /** Since the trace began. */
  readonly startMs: number
  readonly durationMs: number
}

/** Milliseconds that never go backwards, such as `performance.now`. */
export type Clock = () => number

/** Runs from its construction, in the phase `url`, until `end`. */
export class Timeline {
  readonly #clock: Clock
  readonly #startedAt: number
  readonly #finished: Phase[] = []
  #open: { readonly name: PhaseName; readonly startMs: number } | undefined = { name: 'url', startMs: 0 }

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startedAt = clock()
  }

  /** The phase that is going on; undefined after the end. */
  get current(): PhaseName | undefined {
    return this.#open?.name
  }

  /** Since the trace began. */
  now(): number {
    return this.#clock() - this.#startedAt
  }

  /**
   * Ends the current phase and begins another at the same instant. Going back is ignored: an answer may overtake the
   * end of its request (RFC 9110 §15.2, early 4xx), and the event of the slower one then means nothing.
   */
  enter(name: PhaseName): void {
    const open = this.#open
    if (open === undefined || phaseNames.indexOf(name) <= phaseNames.indexOf(open.name)) return
    const startMs = this.now()
    this.#finished.push({ ...open, durationMs: startMs - open.startMs })
    this.#open = { name, startMs }
  }

  /** Ends the current phase and the timeline. */
  end(): void {
    const open = this.#open
    if (open === undefined) return
    this.#finished.push({ ...open, durationMs: this.now() - open.startMs })
    this.#open = undefined
  }

  /** What has ended, oldest first. */
  get phases(): readonly Phase[] {
    return this.#finished
  }
}

/** Milliseconds from the first instant to the last. */
export const totalMs = (phases: readonly Phase[]): number => phases.reduce((sum, { durationMs }) => sum + durationMs, 0)
