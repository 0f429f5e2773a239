/** What a cache has done so far, for metrics and tests. */

export interface CacheStats {
  /** Answered by this process' memory, by Redis. */
  memoryHits: number
  sharedHits: number
  /** Neither had it. */
  misses: number
  /** Redis did not answer. */
  down: number
  loads: number
  loadErrors: number
  /** Leases that were got, and waits for one that another process had. */
  leases: number
  leaseWaits: number
  /** Waits that were given up: loaded without a lease. */
  leaseTimeouts: number
  earlyRefreshes: number
  staleServed: number
  /** What became of loaded values in Redis: kept, another's was newer, a tag was invalidated meanwhile. */
  stored: number
  lost: number
  outdated: number
  /** Redis had no room for a lease or for a value. */
  full: number
}

/** The counts, and the state right now. */
export interface CacheReport extends Readonly<CacheStats> {
  readonly circuit: 'open' | 'closed'
  readonly loadsRunning: number
  readonly loadsQueued: number
  /** Invalidations that Redis has not heard of. */
  readonly owed: number
  readonly memoryEntries: number
  readonly memoryBytes: number
}

export const noStats = (): CacheStats => ({
  memoryHits: 0,
  sharedHits: 0,
  misses: 0,
  down: 0,
  loads: 0,
  loadErrors: 0,
  leases: 0,
  leaseWaits: 0,
  leaseTimeouts: 0,
  earlyRefreshes: 0,
  staleServed: 0,
  stored: 0,
  lost: 0,
  outdated: 0,
  full: 0,
})
