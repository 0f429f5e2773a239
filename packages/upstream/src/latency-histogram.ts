/** Percentiles of recent latencies from counts in exponential buckets: cheap to note, within a tenth of the truth. */

/** Buckets for each doubling: their bounds lie 9 % apart. */
const perDoubling = 8
/** From 2^-6 ms (16 µs) upwards. */
const lowestExponent = -6
const bucketCount = 208

export class LatencyHistogram {
  readonly #counts = new Float64Array(bucketCount)
  #total = 0

  observe(latencyMs: number): void {
    const at = Math.floor((Math.log2(Math.max(latencyMs, 1e-9)) - lowestExponent) * perDoubling)
    const bucket = Math.min(bucketCount - 1, Math.max(0, at))
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.#total++
  }

  /** How many are remembered; those that were forgotten in part count in part. */
  get count(): number {
    return this.#total
  }

  /** Upper bound in milliseconds of the bucket in which the percentile lies; 0 when nothing is known. */
  percentile(percent: number): number {
    if (this.#total === 0) return 0
    let left = (percent / 100) * this.#total
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      left -= this.#counts[bucket] as number
      if (left <= 0) return 2 ** ((bucket + 1) / perDoubling + lowestExponent)
    }
    return Infinity
  }

  /** Lets the past count less. @param kept from 0 to 1 */
  fade(kept: number): void {
    this.#total = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const count = (this.#counts[bucket] as number) * kept
      this.#counts[bucket] = count < 0.01 ? 0 : count
      this.#total += this.#counts[bucket] as number
    }
  }
}
