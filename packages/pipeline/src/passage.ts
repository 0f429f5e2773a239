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
  /** @param answer what the layer returned: who made it is told by its identity */
  leave(outcome: 'answered' | 'failed', answer?: unknown): void
}

/** What an answer may say of itself: that it is another one in another form. */
interface Reshaped {
  readonly madeFrom?: unknown
}

/** Milliseconds from some fixed point, never going back; `performance.now` outside of tests. */
export type Clock = () => number

interface Answer {
  readonly answer: unknown
  readonly madeBy: string
  /** Depth of the outermost layer that has passed it on so far. */
  readonly depth: number
}

export class Passage {
  readonly visits: Visit[] = []
  readonly #clock: Clock
  readonly #beganMs: number
  /** One for each answer that was made, however many layers passed it on. */
  readonly #answers: Answer[] = []
  #outermost: Answer | undefined

  constructor(clock: Clock = () => performance.now()) {
    this.#clock = clock
    this.#beganMs = clock()
  }

  /** Milliseconds since the passage began. */
  get elapsedMs(): number {
    return this.#clock() - this.#beganMs
  }

  /**
   * The layer that made the answer which has travelled furthest outwards; undefined before anyone answered.
   * A layer that passes on the very object it got has not made it, whatever it adds to it; one that returns
   * another has, unless that says which one it was `madeFrom`. Answers of retries that lost, or of work in the
   * background, stay deeper and do not count.
   */
  get answeredBy(): string | undefined {
    return this.#outermost?.madeBy
  }

  /** @param depth position in the list of layers: layers may overlap in time, so nesting cannot be counted */
  enter(name: string, depth: number): OpenVisit {
    const visit: Visit = { name, depth, startMs: this.elapsedMs, durationMs: undefined, outcome: undefined }
    this.visits.push(visit)
    return {
      leave: (outcome, answer) => {
        visit.durationMs = this.elapsedMs - visit.startMs
        visit.outcome = outcome
        if (outcome === 'answered') this.#noteAnswer(visit, answer)
        else this.#discardAnswersBelow(depth)
      },
    }
  }

  #noteAnswer({ name, depth }: Visit, answer: unknown): void {
    const known = this.#known(answer)
    const madeBy = (known ?? this.#knownBefore(answer as Reshaped | undefined))?.madeBy ?? name
    const noted = { answer, madeBy, depth }
    if (known === undefined) this.#answers.push(noted)
    if (this.#outermost === undefined || depth <= this.#outermost.depth) this.#outermost = noted
  }

  #known(answer: unknown): Answer | undefined {
    return this.#answers.find((candidate) => candidate.answer === answer)
  }

  #knownBefore(answer: Reshaped | undefined): Answer | undefined {
    return answer?.madeFrom === undefined ? undefined : this.#known(answer.madeFrom)
  }

  /** A layer that fails after those below it answered lets nothing of that out. */
  #discardAnswersBelow(depth: number): void {
    if (this.#outermost !== undefined && depth < this.#outermost.depth) this.#outermost = undefined
  }
}
