/** Whether Redis is worth asking: after failures in a row nobody does, but for one at a time who finds out for all. */

export interface CircuitOptions {
  /** Failures in a row that open it. */
  readonly threshold: number
  /** Between two who try while it is open. */
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

/** Asked in the same turn, so that a request need not wait to hear that it should not wait. */
export class Circuit {
  readonly #options: CircuitOptions
  #failures = 0
  #openUntilMs: number | undefined

  constructor(options: CircuitOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#openUntilMs !== undefined
  }

  /** Who is told yes while the circuit is open keeps everybody else away until `openMs` have passed. */
  mayTry(): boolean {
    if (this.#openUntilMs === undefined) return true
    const nowMs = this.#options.clock()
    if (nowMs < this.#openUntilMs) return false
    this.#openUntilMs = nowMs + this.#options.openMs
    return true
  }

  /** @throws CircuitOpenError, or what the operation throws, which counts as a failure */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    if (!this.mayTry()) throw new CircuitOpenError('not asked: it failed a moment ago')
    try {
      const result = await operation()
      this.succeeded()
      return result
    } catch (error) {
      this.failed(error)
      throw error
    }
  }

  succeeded(): void {
    this.#failures = 0
    if (this.#openUntilMs === undefined) return
    this.#openUntilMs = undefined
    this.#options.onChange('closed')
  }

  failed(cause: unknown): void {
    const { threshold, clock, openMs, onChange } = this.#options
    this.#failures++
    if (this.#failures < threshold) return
    const wasClosed = this.#openUntilMs === undefined
    this.#openUntilMs = clock() + openMs
    if (wasClosed) onChange('open', cause)
  }
}
