/** The counters of a store, for metrics and the admin API. */

/** Why a request went to the origin: the parameters of `fwd` (RFC 9211 §2.2) and `uncacheable` remembered (hit-for-miss). */
export type MissReason =
  | 'uri-miss'
  | 'vary-miss'
  | 'stale'
  | 'request'
  | 'partial'
  | 'method'
  | 'bypass'
  | 'uncacheable'

export interface MissRecord {
  readonly atMs: number
  readonly url: string
  readonly reason: MissReason
  readonly detail: string | undefined
}

export interface StoreStats {
  readonly hits: number
  readonly staleHits: number
  readonly misses: Readonly<Record<MissReason, number>>
  readonly stored: number
  /** Responses not stored, by reason. */
  readonly notStored: Readonly<Record<string, number>>
  readonly evictions: number
  readonly purged: number
  readonly collapsed: number
  readonly objects: number
  readonly bytes: number
  readonly maxBytes: number
  /** Beside them: of bodies that arrive, and of recorded ones that are read and not stored. */
  readonly recordingBytes: number
  readonly diskObjects: number
  readonly diskBytes: number
}

const mostMisses = 256

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/**
 * The latest misses, in places that are used again. New objects would all be alive whenever V8 looks, so it would come
 * to make them in old space: one for each request, and for that a full collection every second or two.
 */
class RecentMisses {
  readonly #places: Writable<MissRecord>[] = []
  #next = 0

  note(atMs: number, url: string, reason: MissReason, detail: string | undefined): void {
    const place = this.#places[this.#next]
    if (place === undefined) this.#places.push({ atMs, url, reason, detail })
    else {
      place.atMs = atMs
      place.url = url
      place.reason = reason
      place.detail = detail
    }
    this.#next = (this.#next + 1) % mostMisses
  }

  latestFirst(): MissRecord[] {
    const inOrder = [...this.#places.slice(this.#next), ...this.#places.slice(0, this.#next)]
    return inOrder.map((place) => ({ ...place })).toReversed()
  }
}

export class Counters {
  hits = 0
  staleHits = 0
  stored = 0
  evictions = 0
  purged = 0
  collapsed = 0
  readonly misses: Record<MissReason, number> = {
    'uri-miss': 0,
    'vary-miss': 0,
    stale: 0,
    request: 0,
    partial: 0,
    method: 0,
    bypass: 0,
    uncacheable: 0,
  }
  readonly notStored: Record<string, number> = {}
  readonly #recent = new RecentMisses()

  miss(atMs: number, url: string, reason: MissReason, detail?: string): void {
    this.misses[reason]++
    this.#recent.note(atMs, url, reason, detail)
  }

  refuse(reason: string): void {
    this.notStored[reason] = (this.notStored[reason] ?? 0) + 1
  }

  /** The latest first. */
  get recentMisses(): MissRecord[] {
    return this.#recent.latestFirst()
  }
}
