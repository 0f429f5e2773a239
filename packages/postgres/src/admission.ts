/** The queue for a bounded number of places: first come, first served, and nobody waits past their time. */
import type { Budget } from './work-options.ts'

/** All places were taken for as long as one may wait. */
export class NoPlaceError extends Error {
  constructor() {
    super('all connections were at work for too long')
    this.name = 'NoPlaceError'
  }
}

export interface AdmissionOptions {
  readonly places: number
  /** Longest wait for a place. */
  readonly waitMs: number
  /** Beyond this many waiting, the next is refused at once. */
  readonly maxWaiting: number
}

interface Waiter {
  readonly admit: () => void
  readonly refuse: (reason: unknown) => void
}

export class Admission {
  readonly #options: AdmissionOptions
  readonly #waiting = new Set<Waiter>()
  #taken = 0

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  get taken(): number {
    return this.#taken
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Whoever got in calls `leave`. @throws NoPlaceError, or what spent the budget */
  async enter(budget: Budget): Promise<void> {
    const { places, maxWaiting } = this.#options
    if (this.#taken < places) {
      this.#taken++
      return
    }
    if (this.#waiting.size >= maxWaiting) throw new NoPlaceError()
    await this.#wait(budget)
  }

  leave(): void {
    const [first] = this.#waiting
    // The place changes hands without becoming free, so that nobody overtakes.
    if (first === undefined) this.#taken--
    else first.admit()
  }

  /** Sends everybody who waits away. */
  refuseWaiting(reason: unknown): void {
    for (const waiter of this.#waiting) waiter.refuse(reason)
  }

  #wait(budget: Budget): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const done = (): void => {
      this.#waiting.delete(waiter)
      clearTimeout(timer)
      stopListening()
    }
    const waiter: Waiter = {
      admit: () => {
        done()
        resolve()
      },
      refuse: (reason) => {
        done()
        reject(reason)
      },
    }
    const timer = setTimeout(() => waiter.refuse(new NoPlaceError()), this.#options.waitMs)
    const stopListening = budget.onSpent(waiter.refuse)
    this.#waiting.add(waiter)
    return promise
  }
}
