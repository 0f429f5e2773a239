/** How many requests may wait for an answer at once, found by watching how long they wait (Gradient2 of Netflix' concurrency-limits). */

export interface GradientLimitOptions {
  /** Where it starts. */
  readonly initialLimit: number
  /** It never falls below, nor rises above. */
  readonly minLimit: number
  readonly maxLimit: number
  /** How much longer than usual answers may take before the limit falls: 2 is twice as long. */
  readonly tolerance: number
  /** Answers are averaged over this long at least, in milliseconds. */
  readonly windowMs: number
}

/** The first windows count alike; later ones as in an average over ten minutes at a window a second. */
const youngWindows = 10
const learning = 2 / 601

/** At the limit every answer is late, and what is late must not soon be usual. */
const learningAtLimit = learning / 10

/** Fewer answers than this say nothing yet. */
const minSamples = 10

/** How much of a newly found limit is believed at once. */
const smoothing = 0.2

/** A single window never takes more than half. */
const steepest = 0.5

/**
 * Of the known algorithms the one that needs no target latency and no quiet moment to measure one: AIMD backs off at a
 * fixed latency that an operator would have to know, Vegas relies on the smallest latency ever seen, which a cache hit or
 * an empty answer makes meaningless at an edge. Gradient2 compares the latest window with the long average. Added here: a
 * long overload is learnt slowly, an upstream that has become slower quickly.
 */
export class GradientLimit {
  readonly #options: GradientLimitOptions
  #limit: number
  #usualMs: number | undefined
  #windows = 0
  #windowStartMs: number | undefined
  #sumMs = 0
  #samples = 0
  #mostWaiting = 0
  /** Since answers are late: the limit then, and the longest they have taken. */
  #late: { limit: number; longestMs: number } | undefined

  constructor(options: GradientLimitOptions) {
    this.#options = options
    this.#limit = options.initialLimit
  }

  get limit(): number {
    return this.#limit
  }

  /** Average time to an answer; undefined before the first window is complete. */
  get usualMs(): number | undefined {
    return this.#usualMs
  }

  /**
   * @param durationMs of a request that was answered well: failures are quick, and would pass for spare capacity
   * @param waiting requests that waited when it began, itself included
   */
  sample(durationMs: number, waiting: number, nowMs: number): void {
    this.#windowStartMs ??= nowMs
    this.#sumMs += durationMs
    this.#samples++
    this.#mostWaiting = Math.max(this.#mostWaiting, waiting)
    if (nowMs - this.#windowStartMs < this.#options.windowMs || this.#samples < minSamples) return
    this.#update(this.#sumMs / this.#samples, this.#mostWaiting)
    this.#windowStartMs = nowMs
    this.#sumMs = 0
    this.#samples = 0
    this.#mostWaiting = 0
  }

  #update(latestMs: number, mostWaiting: number): void {
    // Where nobody comes near the limit, nothing is learnt about it.
    const isNearLimit = mostWaiting >= this.#limit / 2
    const usualMs = this.#learn(latestMs, isNearLimit)
    if (!isNearLimit) return
    const { tolerance, minLimit, maxLimit } = this.#options
    const gradient = Math.max(steepest, Math.min(1, (tolerance * usualMs) / latestMs))
    if (gradient === 1) this.#late = undefined
    else if (this.#isSlowerForGood(latestMs)) {
      this.#usualMs = latestMs
      return
    }
    // Room for a queue lets the limit grow while latency stays as it is; its square root is quick when small, steady when large.
    const found = this.#limit * gradient + Math.sqrt(this.#limit)
    const smoothed = this.#limit * (1 - smoothing) + found * smoothing
    this.#limit = Math.max(minLimit, Math.min(maxLimit, smoothed))
  }

  /**
   * Where requests queue, half as many wait half as long (Little's law). Where the wait does not shrink with the limit, at least
   * half-way, they do not queue: the upstream has become slower, and a lower limit only wastes it. Judged whenever the limit has
   * been halved since answers became late, or has nowhere to go.
   */
  #isSlowerForGood(latestMs: number): boolean {
    const late = (this.#late ??= { limit: this.#limit, longestMs: latestMs })
    if (this.#limit > late.limit / 2 && this.#limit > this.#options.minLimit) {
      late.longestMs = Math.max(late.longestMs, latestMs)
      return false
    }
    this.#late = { limit: this.#limit, longestMs: latestMs }
    return latestMs / late.longestMs > (1 + this.#limit / late.limit) / 2
  }

  /** Quick to come down after a long overload. */
  #learn(latestMs: number, isNearLimit: boolean): number {
    this.#windows++
    const before = this.#usualMs ?? latestMs
    const averaged = before + (latestMs - before) * this.#weight(isNearLimit)
    this.#usualMs = averaged > 2 * latestMs ? averaged * 0.9 : averaged
    return this.#usualMs
  }

  #weight(isNearLimit: boolean): number {
    if (this.#windows <= youngWindows) return 1 / this.#windows
    return isNearLimit ? learningAtLimit : learning
  }
}
