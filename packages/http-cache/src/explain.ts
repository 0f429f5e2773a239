/** What the cache would do with a request, and why, without doing it: for the admin API. */
import type { HttpRequest } from '@roundtrip/http'
import { partsOf, type CacheOptions } from './cache.ts'
import { parseDirectives } from './policy/directives.ts'
import type { Freshness } from './policy/freshness.ts'
import { answerFromParts } from './policy/partial.ts'
import { judge } from './policy/reuse.ts'
import { traitsOf, whyBypassed } from './request-traits.ts'
import { currentAgeMs, remainingMs, type StoredResponse } from './stored-response.ts'

export interface StoredFacts {
  readonly status: number
  readonly ageMs: number
  /** Negative: for how long it has been stale. */
  readonly remainingMs: number
  readonly freshnessSource: Freshness['source']
  readonly vary: Readonly<Record<string, string>>
  readonly etag: string | undefined
  readonly surrogateKeys: readonly string[]
  readonly isSoftPurged: boolean
  readonly where: 'memory' | 'disk' | 'parts'
}

export interface Explanation {
  readonly key: string
  /** `hit-for-miss`: what came last could not be stored, so that requests for it do not wait for each other. */
  readonly decision:
    | 'hit'
    | 'stale-hit'
    | 'hit-and-revalidate'
    | 'validate'
    | 'miss'
    | 'hit-for-miss'
    | 'bypass'
    | 'method'
  /** In the words of Cache-Status, or what made it go past the cache. */
  readonly reason: string | undefined
  readonly selected: StoredFacts | undefined
  readonly variants: readonly StoredFacts[]
}

const factsOf = (stored: StoredResponse, nowMs: number): StoredFacts => ({
  status: stored.head.status,
  ageMs: currentAgeMs(stored.head, nowMs),
  remainingMs: remainingMs(stored, nowMs),
  freshnessSource: stored.head.lifetime.freshness.source,
  vary: Object.fromEntries(stored.varyNames.map((name, index) => [name, stored.varyValues[index] ?? ''])),
  etag: stored.head.etag,
  surrogateKeys: stored.head.surrogateKeys,
  isSoftPurged: stored.purgedMs !== undefined,
  where: stored.partial === undefined ? (stored.body instanceof Uint8Array ? 'memory' : 'disk') : 'parts',
})

const decisions = {
  fresh: 'hit',
  'stale-allowed': 'stale-hit',
  'revalidate-behind': 'hit-and-revalidate',
  validate: 'validate',
} as const

/** @param options as the cache layer of the route has them */
export const explain = (request: HttpRequest, options: CacheOptions): Explanation => {
  const { store, settings, clock, keyOf } = partsOf(options)
  const nowMs = clock()
  const key = keyOf(request)
  const found = store.variants(key)
  const selected = store.select(found, request.fields, settings)
  const facts = {
    key,
    selected: selected === undefined ? undefined : factsOf(selected, nowMs),
    variants: found.map((stored) => factsOf(stored, nowMs)),
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return { ...facts, decision: 'method', reason: 'method' }
  const traits = traitsOf(request)
  const bypass = whyBypassed(request, traits, settings)
  if (bypass !== undefined) return { ...facts, decision: 'bypass', reason: bypass }
  if (selected === undefined) {
    if (store.hitForMiss.has(key, nowMs)) return { ...facts, decision: 'hit-for-miss', reason: 'uncacheable' }
    return { ...facts, decision: 'miss', reason: found.length === 0 ? 'uri-miss' : 'vary-miss' }
  }
  if (selected.partial !== undefined && answerFromParts(selected, request.fields) === undefined) {
    return { ...facts, decision: 'miss', reason: 'partial' }
  }
  const directives = settings.honourRequestDirectives ? parseDirectives(traits.cacheControl) : undefined
  const { reuse, why } = judge(selected, directives, nowMs, settings)
  return { ...facts, decision: decisions[reuse], reason: why }
}
