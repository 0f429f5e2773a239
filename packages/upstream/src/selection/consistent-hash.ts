/** Consistent hashing with bounded loads: a ring, and no member above its share by much (Mirrokni et al., SODA 2018). */
import type { HttpContext, HttpRequest } from '@roundtrip/http'
import type { Member } from '../member.ts'
import type { HashOf } from './hash-key.ts'
import { hashText } from './hash.ts'
import type { Candidate, Selection } from './selection.ts'

/** Points of a member of average weight: the shares then differ by some 8 %. */
const pointsPerMember = 160
const ringSize = 2 ** 32

export interface ConsistentHashOptions {
  readonly hashOf: HashOf
  /** Most load of a member in percent of its share, 100 to some hundreds. */
  readonly boundedLoadPercent: number
  /** From 0 to below 1; where a request that lacks the key enters the ring. */
  readonly random: () => number
}

export class ConsistentHash implements Selection {
  readonly #options: ConsistentHashOptions
  #candidates: readonly Candidate[] = []
  #total = 0
  #points = new Float64Array(0)
  #owners = new Uint16Array(0)
  /** Those that the ring was built of. */
  #weights: readonly number[] = []

  constructor(options: ConsistentHashOptions) {
    this.#options = options
  }

  use(candidates: readonly Candidate[]): void {
    this.#total = candidates.reduce((sum, { weight }) => sum + weight, 0)
    const isSameRing =
      candidates.length === this.#candidates.length &&
      candidates.every(({ member }, i) => this.#candidates[i]?.member === member && this.#weights[i] === member.weight)
    this.#candidates = candidates
    if (!isSameRing) this.#build()
  }

  choose(request: HttpRequest, context: HttpContext, tried: readonly Member[]): Member | undefined {
    if (this.#candidates.length === 0) return undefined
    const hash = this.#options.hashOf(request, context) ?? Math.floor(this.#options.random() * ringSize)
    const start = this.#after(hash)
    const limit = (this.#inFlight() + 1) * (this.#options.boundedLoadPercent / 100 / this.#total)
    let overloaded: Member | undefined
    for (let i = 0; i < this.#points.length; i++) {
      const { member, weight } = this.#ownerOf((start + i) % this.#points.length)
      if (tried.length > 0 && tried.includes(member)) continue
      if (member.inFlight < Math.ceil(limit * weight)) return member
      overloaded ??= member
    }
    return overloaded
  }

  #ownerOf(point: number): Candidate {
    return this.#candidates[this.#owners[point] as number] as Candidate
  }

  #inFlight(): number {
    let sum = 0
    for (const { member } of this.#candidates) sum += member.inFlight
    return sum
  }

  /** The first point at or after the hash, around the end. */
  #after(hash: number): number {
    let low = 0
    let high = this.#points.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#points[middle] as number) < hash) low = middle + 1
      else high = middle
    }
    return low === this.#points.length ? 0 : low
  }

  /** By the weights that were set: a ramp would move keys to and fro, the bound on load holds it back instead. */
  #build(): void {
    this.#weights = this.#candidates.map(({ member }) => member.weight)
    const average = this.#weights.reduce((sum, weight) => sum + weight, 0) / this.#weights.length || 1
    const points = this.#candidates
      .flatMap(({ member }, owner) =>
        Array.from({ length: Math.max(1, Math.round((pointsPerMember * member.weight) / average)) }, (_, i) => ({
          at: hashText(`${member.name}#${i}`),
          owner,
          name: member.name,
        })),
      )
      // Two members at one point: every process must give it to the same.
      .toSorted((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1))
    this.#points = Float64Array.from(points, ({ at }) => at)
    this.#owners = Uint16Array.from(points, ({ owner }) => owner)
  }
}
