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
  readonly diskObjects: number
  readonly diskBytes: number
}

const mostMisses = 256

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
  readonly #recent: MissRecord[] = []
  #next = 0

  miss(record: MissRecord): void {
    this.misses[record.reason]++
    this.#recent[this.#next] = record
    this.#next = (this.#next + 1) % mostMisses
  }

  refuse(reason: string): void {
    this.notStored[reason] = (this.notStored[reason] ?? 0) + 1
  }

  /** The latest first. */
  get recentMisses(): MissRecord[] {
    return [...this.#recent.slice(this.#next), ...this.#recent.slice(0, this.#next)].toReversed()
  }
}
