/** A circuit breaker: after some failures in a row nobody asks for a while, then one does, and decides for all. */

export interface BreakerOptions {
  /** Failures in a row that open the circuit. */
  readonly threshold: number
  /** How long it stays open before one call may try. */
  readonly openMs: number
  /** Milliseconds, never going back. */
  readonly clock: () => number
  /** Told of each change only. */
  readonly onChange: (state: 'open' | 'closed', cause?: unknown) => void
}

/** Thrown instead of asking while the circuit is open. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError'
}

export class Breaker {
  readonly #options: BreakerOptions
  #failures = 0
  #openUntilMs: number | undefined

  constructor(options: BreakerOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#openUntilMs !== undefined
  }

  async run<T>(operation: () => Promise<T>): Promise<T> {
    const { clock, openMs } = this.#options
    if (this.#openUntilMs !== undefined) {
      if (clock() < this.#openUntilMs) throw new CircuitOpenError('not asked: it failed a moment ago')
      // This call is the one that tries; until it is answered, the others stay away.
      this.#openUntilMs = clock() + openMs
    }
    try {
      const result = await operation()
      this.#close()
      return result
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  #close(): void {
    this.#failures = 0
    if (this.#openUntilMs === undefined) return
    this.#openUntilMs = undefined
    this.#options.onChange('closed')
  }

  #fail(error: unknown): void {
    const { threshold, clock, openMs, onChange } = this.#options
    this.#failures++
    if (this.#failures < threshold) return
    const wasClosed = this.#openUntilMs === undefined
    this.#openUntilMs = clock() + openMs
    if (wasClosed) onChange('open', error)
  }
}
