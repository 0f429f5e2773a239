/** What an algorithm of selection is: it learns who may be chosen when that changes, and chooses for each request. */
import type { HttpContext, HttpRequest } from '@roundtrip/http'
import type { Member } from '../member.ts'

/** A member that may be given work, and its share of it relative to the others: above 0, not necessarily whole. */
export interface Candidate {
  readonly member: Member
  readonly weight: number
}

export interface Selection {
  /** Replaces those to choose from: on changes of state, not per request. */
  use(candidates: readonly Candidate[]): void
  /** @returns undefined when every candidate has been tried, or there is none */
  choose(request: HttpRequest, context: HttpContext, tried: readonly Member[]): Member | undefined
}

export const areEqual = (candidates: readonly Candidate[]): boolean =>
  candidates.every(({ weight }) => weight === candidates[0]?.weight)
