/** Consistent hashing with bounded loads: a ring, and no member above its share by much (Mirrokni et al., SODA 2018). */
import type { HttpContext, HttpRequest } from '@roundtrip/http'
import type { Member } from '../member.ts'
import type { HashOf } from './hash-key.ts'
import { hashText } from './hash.ts'
import type { Candidate, Selection } from './selection.ts'

/** Points of a member of average weight that has its whole share: the shares then differ by some 8 %. */
const pointsPerMember = 160
const ringSize = 2 ** 32
/** Point and owner are one number below 2^53. */
const mostOwners = 2 ** 16

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
  /** How many points each candidate has. */
  #counts: readonly number[] = []

  constructor(options: ConsistentHashOptions) {
    this.#options = options
  }

  use(candidates: readonly Candidate[]): void {
    this.#total = candidates.reduce((sum, { weight }) => sum + weight, 0)
    const counts = pointCounts(candidates)
    const isSameRing =
      candidates.length === this.#candidates.length &&
      candidates.every(({ member }, i) => this.#candidates[i]?.member === member && this.#counts[i] === counts[i])
    this.#candidates = candidates
    this.#counts = counts
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

  /** Points and owners are sorted as one number each: a ramp has the ring made anew every second. */
  #build(): void {
    const owners = byName(this.#candidates)
    const points = new Float64Array(this.#counts.reduce((sum, count) => sum + count, 0))
    let end = 0
    // Two members at one point: every process must give it to the same, whatever order they are known in.
    for (const [rank, owner] of owners.entries()) {
      const { name } = (this.#candidates[owner] as Candidate).member
      for (let i = 0; i < (this.#counts[owner] as number); i++)
        points[end++] = hashText(`${name}#${i}`) * mostOwners + rank
    }
    points.sort()
    this.#points = points.map((point) => Math.floor(point / mostOwners))
    this.#owners = Uint16Array.from(points, (point) => owners[point % mostOwners] as number)
  }
}

/**
 * By the share of the moment, in proportion to the weights that were set: the points of others then stay where they are
 * while one takes up its share, and its own are the first of those it will have, so that only the keys move that it gets.
 */
const pointCounts = (candidates: readonly Candidate[]): number[] => {
  const average = candidates.reduce((sum, { member }) => sum + member.weight, 0) / candidates.length || 1
  return candidates.map(({ weight }) => Math.max(1, Math.round((pointsPerMember * weight) / average)))
}

/** @returns indices */
const byName = (candidates: readonly Candidate[]): number[] => {
  const nameOf = (index: number): string => (candidates[index] as Candidate).member.name
  return [...candidates.keys()].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}
