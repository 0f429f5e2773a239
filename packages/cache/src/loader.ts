/**
 * From Redis, else by one load for all: in this process by a shared flight, across processes by a lease in Redis
 * (Nishtala et al.: Scaling Memcache at Facebook, NSDI 2013, §3.2.1).
 */
import { randomBytes } from 'node:crypto'
import { RoundtripError } from '@roundtrip/errors'
import type { Wanted } from './cache.ts'
import { encode, isCurrent } from './entry.ts'
import { frozen } from './frozen.ts'
import type { Levels } from './levels.ts'
import type { Served } from './memory-level.ts'
import { isFresh, type Claim, type FillResult, type Found } from './redis-store.ts'
import { SingleFlight } from './single-flight.ts'
import { later, latestChange } from './stamps.ts'

/** What is wanted, where it stands, and all its tags. */
export interface Want extends Wanted<unknown> {
  readonly key: string
  readonly tags: readonly string[]
}

/** The right to load; without a token it is for one's own callers only, and others may be loading the same. */
interface Turn {
  readonly token: string
  /** Whether Redis is to have the value. */
  readonly isKept: boolean
  readonly stamps: readonly (string | null)[]
  /** What Redis had before, if only for the case that the load fails. */
  readonly seen: Found
  /** A change that the value must reflect, whatever is heard of the tags. */
  readonly after?: string | undefined
}

/** What came of a load. */
interface Loaded {
  readonly value: unknown
  readonly deltaMs: number
  /** What it was told to reflect. */
  readonly reflects: string
}

/** Expiry is spread over the last tenth of the lifetime, so that what was stored together does not expire together. */
const jitterShare = 0.1

const newToken = (): string => randomBytes(9).toString('base64url')

/** What went wrong is the caller's own doing: an older value would not put it right. */
const isCallersFault = (error: unknown): boolean => error instanceof RoundtripError && error.source === 'downstream'

/** Until one asks again who has the lease, should no word of its end come: doubles from 10 ms to a quarter second. */
const pollMs = (attempt: number, random: () => number): number =>
  Math.min(250, 10 * 2 ** attempt) * (0.5 + random() / 2)

export class Loader {
  /** The latest change that this process has heard of: what a tag without a stamp may have had. */
  newest: string | undefined
  readonly #levels: Levels
  readonly #flights = new SingleFlight()

  constructor(levels: Levels) {
    this.#levels = levels
  }

  async get(want: Want): Promise<Served> {
    const { store, stats } = this.#levels
    let found: Found
    try {
      found = await this.#ask(() => store.find(want))
    } catch {
      return this.#without(want)
    }
    if (isFresh(found)) {
      stats.sharedHits++
      return servedFrom(found, 'hit')
    }
    stats.misses++
    // The stamps are part of the name: who comes after an invalidation must not join a load from before it.
    return this.#flights.run(`${found.stamps.join(' ')} ${want.key}`, () => this.#take(want, found))
  }

  /**
   * Loads anew what is still fresh.
   * @param reflects of the value that is replaced: Redis may have forgotten the change that it was told to reflect
   * @returns undefined when another process does so, or has done so
   */
  async refresh(want: Want, seenId: string, reflects: string): Promise<Served | undefined> {
    const token = newToken()
    const claim = await this.#claim(want, token, seenId)
    if (claim?.verdict !== 'yours') return undefined
    this.#levels.stats.earlyRefreshes++
    const { stamps } = claim
    return this.#load(want, {
      token,
      isKept: true,
      stamps,
      after: reflects === '' ? undefined : reflects,
      seen: { entry: undefined, seenId, leftMs: 0, sizeBytes: 0, stamps },
    })
  }

  /** One asks, those of other processes wait for the answer: as long as `maxWaitMs`, then they load for themselves. */
  async #take(want: Want, found: Found): Promise<Served> {
    const { clock, random, stats, listener, maxWaitMs } = this.#levels
    const untilMs = clock() + maxWaitMs
    let seen = found
    for (let attempt = 0; ; attempt++) {
      const token = newToken()
      const claim = await this.#claim(want, token, seen.seenId)
      if (claim === undefined) return this.#without(want)
      if (claim.verdict === 'yours') return this.#load(want, { token, isKept: true, stamps: claim.stamps, seen })
      if (claim.verdict === 'filled') {
        seen = claim.found
        if (isFresh(seen)) return servedFrom(seen, 'hit')
        continue
      }
      const leftMs = untilMs - clock()
      if (claim.verdict === 'full') {
        stats.full++
        return this.#load(want, { token: '', isKept: false, stamps: seen.stamps, seen })
      }
      if (leftMs <= 0) {
        stats.leaseTimeouts++
        return this.#load(want, { token: '', isKept: true, stamps: seen.stamps, seen })
      }
      stats.leaseWaits++
      await listener.released(want.key, Math.min(leftMs, claim.leaseLeftMs, pollMs(attempt, random)))
    }
  }

  async #claim(want: Want, token: string, seenId: string): Promise<Claim | undefined> {
    const { store, stats } = this.#levels
    try {
      const claim = await this.#ask(() => store.claim(want, token, seenId))
      if (claim.verdict === 'yours') stats.leases++
      return claim
    } catch {
      store.release(want, token).catch(() => {}) // Redis may have given it, too late for us to hear.
      return undefined
    }
  }

  async #load(want: Want, turn: Turn): Promise<Served> {
    const { store } = this.#levels
    const { stamps, seen } = turn
    try {
      // A tag that was unknown may have been forgotten by Redis: its last change is then one of those heard of.
      const isKnown = seen.stamps.every((stamp) => stamp !== null)
      const heard = isKnown ? latestChange(stamps) : later(latestChange(stamps), this.newest)
      const loaded = await this.#run(want, later(heard, turn.after))
      return this.#keep(want, turn, loaded)
    } catch (error) {
      if (turn.token !== '') store.release(want, turn.token).catch(() => {}) // Then it ends by itself.
      const isUsable = seen.entry !== undefined && isCurrent(seen.entry, stamps)
      return this.#staleOr(error, want, isUsable ? servedFrom(seen, 'stale') : undefined)
    }
  }

  /** Redis does not answer: memory and database carry on. */
  async #without(want: Want): Promise<Served> {
    const { memory, stats, owed } = this.#levels
    stats.down++
    const stamp = owed.latest(want.tags)
    const load = async (): Promise<Served> => {
      const { value, deltaMs, reflects } = await this.#run(want, stamp)
      const { ttlMs, staleIfErrorMs: staleMs = 0 } = want
      const sizeBytes = 2 * (JSON.stringify(value) ?? '').length
      return { value, outcome: 'down', id: '', leftMs: ttlMs, deltaMs, staleMs, sizeBytes, reflects }
    }
    try {
      // Who must see what another process wrote cannot know whether a load that runs already does.
      return await (want.sharedOnly === true ? load() : this.#flights.run(`down ${stamp} ${want.key}`, load))
    } catch (error) {
      return this.#staleOr(error, want, want.sharedOnly === true ? undefined : memory?.stale(want.key))
    }
  }

  async #run(want: Want, stamp: string | undefined): Promise<Loaded> {
    const { gate, stats, clock } = this.#levels
    try {
      return await gate.run(async () => {
        stats.loads++
        const startMs = clock()
        const value = frozen(await want.load({ stamp }))
        return { value, deltaMs: clock() - startMs, reflects: stamp ?? '' }
      })
    } catch (error) {
      stats.loadErrors++
      throw error
    }
  }

  #staleOr(error: unknown, { staleIfErrorMs = 0 }: Want, stale: Served | undefined): Served {
    if (stale === undefined || -stale.leftMs >= staleIfErrorMs || isCallersFault(error)) throw error
    this.#levels.stats.staleServed++
    return stale
  }

  /** Not waited for: commands of one connection run in order, so the next read of this process finds it. */
  #keep(want: Want, { token, isKept, stamps, seen }: Turn, { value, deltaMs, reflects }: Loaded): Served {
    const { circuit, store, stats, random } = this.#levels
    const { ttlMs, negativeTtlMs = ttlMs, staleIfErrorMs: staleMs = 0 } = want
    const lifetimeMs = value === null ? negativeTtlMs : ttlMs
    const leftMs = Math.max(1, Math.round(lifetimeMs * (1 - random() * jitterShare)))
    const id = token === '' ? newToken() : token
    const known = stamps.filter((stamp) => stamp !== null)
    const text = encode({ id, stamps: known, deltaMs, staleMs, reflects, value })
    if (text === undefined) throw new TypeError('a value to be cached must survive JSON; null stands for nothing')
    if (isKept && known.length === stamps.length) {
      const filling = { token, text, ttlMs: leftMs + staleMs, stamps: known, seenId: seen.seenId }
      const count = (result: FillResult): void => void stats[result]++
      circuit.run(() => store.fill(want, filling)).then(count, () => {}) // Then the next reader loads again.
    }
    return { value, outcome: 'miss', id, leftMs, deltaMs, staleMs, reflects, sizeBytes: 2 * text.length }
  }

  /** Redis hears first what it has missed. */
  #ask<T>(operation: () => Promise<T>): Promise<T> {
    const { circuit, owed } = this.#levels
    return circuit.run(async () => {
      await owed.pay()
      return operation()
    })
  }
}

const servedFrom = ({ entry, leftMs, sizeBytes }: Found, outcome: Served['outcome']): Served => ({
  value: frozen(entry?.value),
  outcome,
  id: entry?.id ?? '',
  leftMs,
  deltaMs: entry?.deltaMs ?? 0,
  staleMs: entry?.staleMs ?? 0,
  reflects: entry?.reflects ?? '',
  sizeBytes,
})
