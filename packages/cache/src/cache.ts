/** The cache as its users see it: what they ask for, what they may set, and what they get. */
import type { Log } from '@roundtrip/redis'
import type { CacheKey } from './cache-key.ts'
import type { LoadGateOptions } from './load-gate.ts'
import type { CacheReport } from './stats.ts'
import type { Patience } from './within.ts'

export interface CacheOptions extends Partial<LoadGateOptions> {
  /** `redis://host:port` */
  readonly url: string
  readonly password?: string | undefined
  /** Put before every key; change it when the shape of the values changes. */
  readonly namespace: string
  /** Longest wait for one answer of Redis; default 50. */
  readonly timeoutMs?: number
  /** The level in this process: default 8 MiB, and 1,000 ms until Redis is asked again. `false`: none. */
  readonly memory?: { readonly maxBytes?: number; readonly ttlMs?: number } | false
  /** After this another may load what a process that had the lease has not; default 5,000. */
  readonly leaseMs?: number
  /** Longest wait for the load of another process; default 2,000. */
  readonly maxWaitMs?: number
  /** See `isDueEarly`; default 1, 0 is no early refresh. */
  readonly earlyRefreshBeta?: number
  readonly log: Log
  /** Milliseconds, never going back; default `performance.now`. */
  readonly clock?: () => number
  /** From 0 up to 1. */
  readonly random?: () => number
}

/** `down`: Redis did not answer, the value was loaded. `stale`: the load failed, an expired value was served. */
export type Outcome = 'hit' | 'miss' | 'down' | 'stale'

export interface Loading {
  /** The latest stamp of an invalidation that the value must reflect; undefined when none is known. */
  readonly stamp: string | undefined
}

export interface Wanted<T> extends Patience {
  readonly ttlMs: number
  /** Lifetime of `null`; default `ttlMs`. */
  readonly negativeTtlMs?: number | undefined
  /** How long after its end the value may be served when a load fails; default 0. Never once it was invalidated. */
  readonly staleIfErrorMs?: number | undefined
  /** What the value is made of; it is gone when one of them is invalidated. */
  readonly tags?: readonly string[]
  /**
   * Whether Redis must be asked, not this process' memory: for a reader who must see what was just written through
   * another process. Default false.
   */
  readonly sharedOnly?: boolean
  /** Its result must survive JSON unchanged: no dates, maps or class instances. It is frozen. */
  readonly load: (loading: Loading) => Promise<T>
}

export interface Cache {
  /** Whether Redis was reached; if not, connecting goes on in the background. */
  connect(): Promise<boolean>
  /** @throws what `load` throws, `OVERLOADED`, `DEADLINE_EXCEEDED`, or the reason of the signal */
  getOrLoad<T>(key: CacheKey<T>, wanted: Wanted<T>): Promise<{ readonly value: T; readonly outcome: Outcome }>
  /**
   * Makes everything with one of these tags a miss. Does not fail when Redis does: what it could not be told now, it is
   * told before the next read.
   * @returns whether Redis has heard of it, and so every process that asks Redis
   * @param stamp text that sorts after the stamps of all earlier changes, such as the WAL position of the commit
   * @throws TypeError for a stamp with white space or a leading `!`
   */
  invalidate(tags: readonly string[], stamp: string): Promise<boolean>
  isDown(): boolean
  stats(): CacheReport
  close(): void
}
