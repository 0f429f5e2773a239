/** Power of two choices: of two members drawn at random the cheaper one (Mitzenmacher, "The Power of Two Choices", 2001). */
import type { Member } from '../member.ts'
import type { Candidate, Selection } from './selection.ts'
import { WeightedSample } from './weighted-sample.ts'

export type CostOf = (candidate: Candidate) => number

/**
 * Members are drawn by weight and costs are relative to weight: idle members share by weight, busy ones fill up by weight.
 * Among equals the first drawn wins, so that the draw alone decides.
 */
export class PowerOfTwo implements Selection {
  readonly #costOf: CostOf
  readonly #random: () => number
  #sample: WeightedSample

  /** @param random from 0 to below 1, as `Math.random` */
  constructor(costOf: CostOf, random: () => number) {
    this.#costOf = costOf
    this.#random = random
    this.#sample = new WeightedSample([], random)
  }

  use(candidates: readonly Candidate[]): void {
    this.#sample = new WeightedSample(candidates, this.#random)
  }

  choose(_request: unknown, _context: unknown, tried: readonly Member[]): Member | undefined {
    if (tried.length > 0) return this.#sample.cheapest(tried, this.#costOf)?.member
    if (this.#sample.size === 0) return undefined
    const first = this.#sample.draw()
    const second = this.#drawOther(first)
    if (first === second) return first.member
    return this.#costOf(second) < this.#costOf(first) ? second.member : first.member
  }

  /** Drawing the same again would leave no choice; a few turns find another unless one outweighs all. */
  #drawOther(first: Candidate): Candidate {
    if (this.#sample.size === 1) return first
    for (let i = 0; i < 3; i++) {
      const second = this.#sample.draw()
      if (second !== first) return second
    }
    return first
  }
}
