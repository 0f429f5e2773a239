/** A token bucket: so many a second on average, and a burst. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #filledMs: number

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#filledMs = nowMs
  }

  /** Takes one token; false when there is none. */
  take(nowMs: number): boolean {
    const filled = this.#tokens + ((nowMs - this.#filledMs) * this.#perSecond) / 1000
    // What was earned may exceed the burst; time alone fills no further.
    if (this.#tokens < this.#burst) this.#tokens = Math.min(this.#burst, filled)
    this.#filledMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  /** Adds tokens that were earned otherwise than by waiting. */
  give(tokens: number): void {
    this.#tokens += tokens
  }
}
