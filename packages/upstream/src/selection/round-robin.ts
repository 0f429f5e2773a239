/** Round robin; with weights the smooth one of nginx, which spreads a heavy member's turns (nginx commit 52327e0627f4). */
import type { Member } from '../member.ts'
import { areEqual, type Candidate, type Selection } from './selection.ts'

export class RoundRobin implements Selection {
  #candidates: readonly Candidate[] = []
  #isWeighted = false
  #total = 0
  #turn = 0
  /** How much each candidate is owed. */
  #owed = new Float64Array(0)

  use(candidates: readonly Candidate[]): void {
    this.#owed = this.#carryOver(candidates)
    this.#candidates = candidates
    this.#isWeighted = !areEqual(candidates)
    this.#total = candidates.reduce((sum, { weight }) => sum + weight, 0)
  }

  choose(_request: unknown, _context: unknown, tried: readonly Member[]): Member | undefined {
    for (let i = 0; i < this.#candidates.length; i++) {
      const member = this.#isWeighted ? this.#nextSmooth() : this.#next()
      if (tried.length === 0 || !tried.includes(member)) return member
    }
    // Turns of a heavy member may have filled the round.
    return this.#candidates.find(({ member }) => !tried.includes(member))?.member
  }

  #next(): Member {
    if (this.#turn >= this.#candidates.length) this.#turn = 0
    return (this.#candidates[this.#turn++] as Candidate).member
  }

  #nextSmooth(): Member {
    const candidates = this.#candidates
    const owed = this.#owed
    let best = 0
    for (let i = 0; i < candidates.length; i++) {
      owed[i] = (owed[i] as number) + (candidates[i] as Candidate).weight
      if ((owed[i] as number) > (owed[best] as number)) best = i
    }
    owed[best] = (owed[best] as number) - this.#total
    return (candidates[best] as Candidate).member
  }

  /** A ramp changes weights every second: turns go on where they were. */
  #carryOver(candidates: readonly Candidate[]): Float64Array<ArrayBuffer> {
    const before = new Map(this.#candidates.map(({ member }, index) => [member, this.#owed[index] ?? 0]))
    return Float64Array.from(candidates, ({ member }) => before.get(member) ?? 0)
  }
}
