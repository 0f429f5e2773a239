/** Draws candidates at random, each as often as its weight says. */
import { areEqual, type Candidate } from './selection.ts'

export class WeightedSample {
  readonly #candidates: readonly Candidate[]
  readonly #random: () => number
  /** Undefined when all weigh the same. */
  readonly #sums: Float64Array | undefined
  readonly #total: number

  /** @param random from 0 to below 1, as `Math.random` */
  constructor(candidates: readonly Candidate[], random: () => number) {
    let total = 0
    const sums = Float64Array.from(candidates, ({ weight }) => (total += weight))
    this.#candidates = candidates
    this.#random = random
    this.#sums = areEqual(candidates) ? undefined : sums
    this.#total = total
  }

  get size(): number {
    return this.#candidates.length
  }

  /** Only when there are candidates. */
  draw(): Candidate {
    return this.#candidates[this.#index()] as Candidate
  }

  #index(): number {
    const last = this.#candidates.length - 1
    if (this.#sums === undefined) return Math.min(last, Math.floor(this.#random() * this.#candidates.length))
    const point = this.#random() * this.#total
    let low = 0
    let high = last
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#sums[middle] as number) > point) high = middle
      else low = middle + 1
    }
    return low
  }

  /** The one with the least cost among those that have not been tried. */
  cheapest(tried: readonly unknown[], costOf: (candidate: Candidate) => number): Candidate | undefined {
    let best: Candidate | undefined
    let least = Infinity
    for (const candidate of this.#candidates) {
      if (tried.includes(candidate.member)) continue
      const cost = costOf(candidate)
      if (best !== undefined && cost >= least) continue
      best = candidate
      least = cost
    }
    return best
  }
}
