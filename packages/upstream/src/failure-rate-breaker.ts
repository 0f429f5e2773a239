/** Leaves a pool alone for a while when most of its answers are failures (Nygard, "Release It!", Circuit Breaker). */
import type { Outcome } from './member-counters.ts'
import type { CircuitBreakerSettings } from './settings/pool-settings.ts'

export type CircuitState = 'closed' | 'open' | 'half-open'

type Settings = Pick<CircuitBreakerSettings, 'failurePercent' | 'minRequests' | 'windowMs' | 'openMs'>

const bucketCount = 10

/**
 * Outlier detection takes single members out and stops at a share of the pool; this one answers for the pool as a whole,
 * when what all members stand on has failed. Off unless `failurePercent` is set.
 */
export class FailureRateBreaker {
  readonly #settings: () => Settings
  readonly #clock: () => number
  readonly #requests = new Uint32Array(bucketCount)
  readonly #failures = new Uint32Array(bucketCount)
  #bucketIndex = 0
  #bucketEndsMs = 0
  #openUntilMs = -Infinity
  /** When the probe was let through that is out; Infinity when none is. */
  #probeFromMs = Infinity

  /** @param clock milliseconds */
  constructor(settings: () => Settings, clock: () => number) {
    this.#settings = settings
    this.#clock = clock
  }

  get state(): CircuitState {
    if (this.#openUntilMs === -Infinity) return 'closed'
    return this.#clock() < this.#openUntilMs ? 'open' : 'half-open'
  }

  /** Milliseconds until a request is let through again; 0 when one may try now. */
  get waitMs(): number {
    return Math.max(0, this.#openUntilMs - this.#clock())
  }

  /** Whether a request may pass; after the pause one at a time, as a probe. */
  admit(): boolean {
    if (this.#openUntilMs === -Infinity || this.#settings().failurePercent === 0) return true
    const nowMs = this.#clock()
    if (this.#probeFromMs !== Infinity || nowMs < this.#openUntilMs) return false
    this.#probeFromMs = nowMs
    return true
  }

  /** @param beganMs when the attempt was sent, on the breaker's clock */
  observe(outcome: Outcome, beganMs: number): void {
    if (this.#settings().failurePercent === 0) return
    if (this.#openUntilMs !== -Infinity) this.#judgeProbe(outcome, beganMs)
    else if (outcome !== 'none') this.#count(outcome !== 'success')
  }

  /** What was sent before the circuit opened tells nothing new; only the probe does, which was sent alone. */
  #judgeProbe(outcome: Outcome, beganMs: number): void {
    if (beganMs < this.#probeFromMs) return
    this.#probeFromMs = Infinity
    if (outcome === 'success') this.#close()
    else if (outcome !== 'none') this.#open()
  }

  #count(isFailure: boolean): void {
    this.#turnBuckets()
    this.#requests[this.#bucketIndex] = (this.#requests[this.#bucketIndex] as number) + 1
    if (!isFailure) return
    this.#failures[this.#bucketIndex] = (this.#failures[this.#bucketIndex] as number) + 1
    const { failurePercent, minRequests } = this.#settings()
    const requests = this.#requests.reduce((sum, count) => sum + count, 0)
    const failures = this.#failures.reduce((sum, count) => sum + count, 0)
    if (requests >= minRequests && (failures / requests) * 100 >= failurePercent) this.#open()
  }

  #turnBuckets(): void {
    const nowMs = this.#clock()
    const bucketMs = this.#settings().windowMs / bucketCount
    for (let turns = 0; nowMs >= this.#bucketEndsMs && turns < bucketCount; turns++) {
      this.#bucketIndex = (this.#bucketIndex + 1) % bucketCount
      this.#requests[this.#bucketIndex] = 0
      this.#failures[this.#bucketIndex] = 0
      this.#bucketEndsMs += bucketMs
    }
    if (nowMs >= this.#bucketEndsMs) this.#bucketEndsMs = nowMs + bucketMs
  }

  #open(): void {
    this.#openUntilMs = this.#clock() + this.#settings().openMs
  }

  #close(): void {
    this.#openUntilMs = -Infinity
    this.#requests.fill(0)
    this.#failures.fill(0)
  }
}
