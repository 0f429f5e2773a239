/** Where one request's time went in this tier: itself, the cache, the database node. */
import type { Outcome } from '@roundtrip/cache'
import type { ServerTiming } from '@roundtrip/http'

/** Milliseconds, never going back. */
export type Clock = () => number

export class Timings {
  readonly metrics: ServerTiming[] = []
  readonly #clock: Clock
  readonly #beganMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#beganMs = clock()
  }

  get elapsedMs(): number {
    return this.#clock() - this.#beganMs
  }

  /** Notes the node that served, and how long it took. */
  async database<T>(work: () => Promise<{ readonly value: T; readonly node: string }>): Promise<T> {
    const { result, durationMs } = await this.#timed(work)
    this.metrics.push({ name: 'db', durationMs, description: result.node })
    return result.value
  }

  /** Notes what the cache said. The duration includes the load when there was one. */
  async cache<R extends { readonly outcome: Outcome }>(work: () => Promise<R>): Promise<R> {
    const { result, durationMs } = await this.#timed(work)
    this.metrics.push({ name: 'cache', durationMs, description: result.outcome })
    return result
  }

  /** Notes that the cache was not asked on purpose. */
  bypassed<T>(work: () => Promise<T>): Promise<T> {
    this.metrics.push({ name: 'cache', durationMs: 0, description: 'bypass' })
    return work()
  }

  async #timed<T>(work: () => Promise<T>): Promise<{ result: T; durationMs: number }> {
    const startMs = this.#clock()
    const result = await work()
    return { result, durationMs: this.#clock() - startMs }
  }
}
