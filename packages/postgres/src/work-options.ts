/** How long a unit of work may take, and who may call it off. */
import { RoundtripError } from '@roundtrip/errors'

export interface WorkOptions {
  /** Aborting it calls the work off, until its COMMIT is sent: from then on the answer is waited for. */
  readonly signal?: AbortSignal | undefined
  /** On the clock of `performance.now()`. */
  readonly deadlineMs?: number | undefined
  /** Of a read: whether to tell up to where it has seen, at the price of one more question; default false. */
  readonly tellsPosition?: boolean | undefined
  /** Of a write; default `read committed`. Serialization failures are run again. */
  readonly isolation?: Isolation | undefined
}

export type Isolation = 'read committed' | 'repeatable read' | 'serializable'

/** The longest delay that a Node timer can hold; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1

/** What is left of the time and of the interest in a unit of work. */
export class Budget {
  readonly #signal: AbortSignal | undefined
  readonly #deadlineMs: number
  readonly #clock: () => number

  constructor({ signal, deadlineMs = Infinity }: WorkOptions, clock: () => number) {
    this.#signal = signal
    this.#deadlineMs = deadlineMs
    this.#clock = clock
  }

  /** Neither limited in time nor to be called off. */
  get isEndless(): boolean {
    return this.#signal === undefined && this.#deadlineMs === Infinity
  }

  /** `Infinity` without a deadline; never below 0. */
  get remainingMs(): number {
    return this.#deadlineMs === Infinity ? Infinity : Math.max(0, this.#deadlineMs - this.#clock())
  }

  /** @throws RoundtripError `DEADLINE_EXCEEDED`; when called off, what the signal gives as its reason */
  throwIfSpent(): void {
    this.#signal?.throwIfAborted()
    if (this.remainingMs === 0) throw new RoundtripError('DEADLINE_EXCEEDED')
  }

  /** Calls back at most once, with the error to throw. @returns stops listening */
  onSpent(callback: (reason: unknown) => void): () => void {
    const signal = this.#signal
    const { remainingMs } = this
    const called = (): void => callback(signal?.reason)
    const timer =
      remainingMs < longestTimerMs
        ? setTimeout(() => callback(new RoundtripError('DEADLINE_EXCEEDED')), remainingMs)
        : undefined
    signal?.addEventListener('abort', called, { once: true })
    if (signal?.aborted === true) queueMicrotask(called) // The event is over already.
    return () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', called)
    }
  }
}
