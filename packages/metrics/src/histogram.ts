/** How often something took how long, in buckets that are fixed beforehand: an array and a comparison on the hot path. */
import type { Sample } from './exposition.ts'

/** Upper bounds in milliseconds; from a cache hit to a client's patience. */
export const latencyBoundsMs: readonly number[] = [
  0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
]

export class Histogram {
  readonly #counts: Float64Array
  readonly #boundsMs: readonly number[]
  #sumMs = 0

  constructor(boundsMs: readonly number[] = latencyBoundsMs) {
    this.#boundsMs = boundsMs
    this.#counts = new Float64Array(boundsMs.length + 1)
  }

  record(ms: number): void {
    let bucket = 0
    while (bucket < this.#boundsMs.length && ms > (this.#boundsMs[bucket] ?? 0)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sumMs += ms
  }

  /** In seconds, as Prometheus wants base units; buckets count all below their bound. */
  samples(labels: Sample['labels']): Sample[] {
    let below = 0
    const buckets = this.#boundsMs.map((boundMs, index) => {
      below += this.#counts[index] ?? 0
      return { suffix: '_bucket', labels: { ...labels, le: String(boundMs / 1000) }, value: below }
    })
    const count = below + (this.#counts.at(-1) ?? 0)
    return [
      ...buckets,
      { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
      { suffix: '_sum', labels, value: this.#sumMs / 1000 },
      { suffix: '_count', labels, value: count },
    ]
  }
}
