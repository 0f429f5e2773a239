/** How long a response stays fresh (RFC 9111 §4.2.1, §4.2.2) and which of its fields says so. */
import type { Fields } from '@roundtrip/http'
import { dateMs, type Exchanged } from './age.ts'
import { readDate } from './date.ts'
import { has, isBare, parseDirectives, secondsOf, type Directives } from './directives.ts'
import { parseTargeted } from './targeted.ts'

/** What a response tells shared caches, whichever of its fields that comes from. */
export interface ResponsePolicy {
  readonly directives: Directives
  /** From a targeted field (RFC 9213), beside which Cache-Control and Expires do not count. */
  readonly isTargeted: boolean
}

/** The fields that speak to this cache alone, the most particular first. */
const targetList = ['cdn-cache-control'] as const

/** Edge Architecture Specification §2.2: `max-age=3600+600` adds what may be served stale, which has a directive of its own here. */
const graceOfSurrogates = /(?<=\d)\+\d+/g

export const policyOf = (fields: Fields): ResponsePolicy => {
  for (const name of targetList) {
    const directives = parseTargeted(fields.get(name))
    if (directives !== undefined) return { directives, isTargeted: true }
  }
  const surrogate = parseDirectives(fields.get('surrogate-control')?.replaceAll(graceOfSurrogates, ''))
  if (has(surrogate, 'max-age') || has(surrogate, 'no-store')) return { directives: surrogate, isTargeted: true }
  return { directives: parseDirectives(fields.get('cache-control')), isTargeted: false }
}

export interface FreshnessDefaults {
  /** For responses that say nothing and give no ground to guess on. */
  readonly defaultTtlMs: number
  /** The same by status, e.g. 404: what is not there is asked for again and again. */
  readonly negativeTtlMs: Readonly<Record<string, number>>
  /** Share of the time since Last-Modified that counts as fresh; 0.1 is what §4.2.2 names as typical. */
  readonly heuristicFraction: number
  readonly heuristicMaxMs: number
}

export interface Freshness {
  readonly lifetimeMs: number
  readonly source: 's-maxage' | 'max-age' | 'expires' | 'heuristic' | 'default' | 'none'
}

/** Defined as heuristically cacheable (RFC 9110 §15.1), but for 206, which is judged as its whole. */
const heuristicStatuses = new Set([200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501])

/** Whether a lifetime may be guessed: by the status, or because the origin marks the response as cacheable. */
const mayGuess = (status: number, directives: Directives): boolean =>
  heuristicStatuses.has(status) || has(directives, 'public')

/** Explicit: said by the origin, not guessed by us. */
export const isExplicit = ({ source }: Freshness): boolean =>
  source === 's-maxage' || source === 'max-age' || source === 'expires'

export const freshnessOf = (
  status: number,
  fields: Fields,
  exchanged: Exchanged,
  { directives, isTargeted }: ResponsePolicy,
  defaults: FreshnessDefaults,
): Freshness => {
  const shared = secondsOf(directives, 's-maxage')
  if (shared !== undefined) return { lifetimeMs: shared * 1000, source: 's-maxage' }
  const maxAge = secondsOf(directives, 'max-age')
  if (maxAge !== undefined) return { lifetimeMs: maxAge * 1000, source: 'max-age' }
  const expires = isTargeted ? undefined : fields.get('expires')
  if (expires !== undefined) {
    // An invalid date, "0" above all, means "already expired" (§5.3).
    const atMs = readDate(expires, exchanged.responseMs)
    const lifetimeMs = atMs === undefined ? 0 : Math.max(0, atMs - dateMs(fields, exchanged))
    return { lifetimeMs, source: 'expires' }
  }
  return guess(status, fields, exchanged, directives, defaults)
}

const guess = (
  status: number,
  fields: Fields,
  exchanged: Exchanged,
  directives: Directives,
  { defaultTtlMs, negativeTtlMs, heuristicFraction, heuristicMaxMs }: FreshnessDefaults,
): Freshness => {
  // "no-cache" wants to be asked each time: a guess would say the contrary.
  if (isBare(directives, 'no-cache')) return { lifetimeMs: 0, source: 'none' }
  const negative = negativeTtlMs[status]
  if (negative !== undefined) return { lifetimeMs: negative, source: 'default' }
  if (!mayGuess(status, directives)) return { lifetimeMs: 0, source: 'none' }
  const modifiedMs = readDate(fields.get('last-modified'), exchanged.responseMs)
  if (modifiedMs !== undefined) {
    const sinceMs = Math.max(0, dateMs(fields, exchanged) - modifiedMs)
    return { lifetimeMs: Math.min(sinceMs * heuristicFraction, heuristicMaxMs), source: 'heuristic' }
  }
  return status < 400 && defaultTtlMs > 0
    ? { lifetimeMs: defaultTtlMs, source: 'default' }
    : { lifetimeMs: 0, source: 'none' }
}
