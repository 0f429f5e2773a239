/** Two caches of ours in a row: how the inner one, which no purge reaches, stays out of the way of the outer one, which purges do. */

/**
 * An inner cache leaves to the outer one what lives longer than this, and an outer one remembers its purges for as long:
 * past it, what was purged lies nowhere.
 */
export const longestInnerLifetimeMs = 10_000

/** What an inner cache adds to the rules of all. */
export interface InnerRules {
  /** Whether a cache of ours stands in front. */
  readonly inner?: boolean
}

/** What lies behind may be as old as the purge, and no older (RFC 9111 §5.2.1.1); whole seconds, rather fewer. */
export const youngerThan = (sinceMs: number, cacheControl: string | undefined): string => {
  // With max-stale, max-age would be no demand (§5.2.1.2).
  if (cacheControl?.includes('max-stale') === true) return 'no-cache'
  return `max-age=${Math.floor(Math.max(0, sinceMs) / 1000)}`
}
