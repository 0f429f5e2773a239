/** Cache-aside over Redis: ask the cache, else load and keep. A cache that is down costs a load, never a request. */
import { Circuit, type Log } from '@roundtrip/redis'
import { decode, encode, isFresh } from './entry.ts'
import { RedisStore, type Found } from './redis-store.ts'
import { SingleFlight } from './single-flight.ts'

export interface CacheOptions {
  /** `redis://host:port` */
  readonly url: string
  readonly password?: string | undefined
  /** Put before every key; change it when the shape of the values changes. */
  readonly namespace: string
  /** Longest wait for one answer of Redis; default 50. */
  readonly timeoutMs?: number
  readonly log: Log
  /** Milliseconds, never going back; default `performance.now`. */
  readonly clock?: () => number
  /** From 0 up to 1. */
  readonly random?: () => number
}

/** `down`: Redis did not answer, the value was loaded. */
export type Outcome = 'hit' | 'miss' | 'down'

export interface Loading {
  /** The latest stamp of an invalidation that the value must reflect; undefined when none is known. */
  readonly stamp: string | undefined
}

export interface Wanted<T> {
  readonly ttlMs: number
  /** What the value is made of; it is gone when one of them is invalidated. */
  readonly tags?: readonly string[]
  /** Its result must survive JSON unchanged: no dates, maps or class instances. */
  readonly load: (loading: Loading) => Promise<T>
}

export interface Cache {
  /** Whether Redis was reached; if not, connecting goes on in the background. */
  connect(): Promise<boolean>
  /** @throws only what `load` throws */
  getOrLoad<T>(key: string, wanted: Wanted<T>): Promise<{ readonly value: T; readonly outcome: Outcome }>
  /**
   * Makes everything with one of these tags a miss. Never fails: what Redis could not be told now, it is told before
   * the next read.
   * @param stamp text that sorts after the stamps of all earlier changes, such as the WAL position of the commit
   */
  invalidate(tags: readonly string[], stamp: string): Promise<void>
  isDown(): boolean
  close(): void
}

/** Expiry is spread over the last tenth of the lifetime, so that what was stored together does not expire together. */
const jitterShare = 0.1

const failuresThatOpen = 5
const openMs = 1_000

const later = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

/** Stamps that no invalidation has set begin with `!`; they say nothing about the origin of the data. */
const latestChange = (stamps: readonly string[]): string | undefined =>
  stamps.filter((stamp) => !stamp.startsWith('!')).reduce<string | undefined>(later, undefined)

class RedisCache implements Cache {
  readonly #store: RedisStore
  readonly #circuit: Circuit
  readonly #flights = new SingleFlight()
  /** Invalidations that Redis has not heard of yet: tag to stamp. */
  readonly #owed = new Map<string, string>()
  readonly #random: () => number

  constructor({ timeoutMs = 50, clock = () => performance.now(), random = Math.random, log, ...rest }: CacheOptions) {
    this.#random = random
    this.#store = new RedisStore({ url: rest.url, password: rest.password, namespace: rest.namespace, timeoutMs })
    this.#circuit = new Circuit({
      threshold: failuresThatOpen,
      openMs,
      clock,
      onChange: (state, error) =>
        state === 'open' ? log.warn({ error }, 'cache down, going on without') : log.info({}, 'cache back'),
    })
  }

  connect(): Promise<boolean> {
    return this.#store.connect()
  }

  async getOrLoad<T>(key: string, { ttlMs, tags = [], load }: Wanted<T>): Promise<{ value: T; outcome: Outcome }> {
    const found = await this.#find(key, tags)
    if (found === undefined) {
      const stamp = latestChange(tags.map((tag) => this.#owed.get(tag) ?? '!'))
      return { value: await this.#flights.run(`down ${stamp} ${key}`, () => load({ stamp })), outcome: 'down' }
    }
    const entry = found.text === undefined ? undefined : decode(found.text)
    if (entry !== undefined && isFresh(entry, found.stamps)) return { value: entry.value as T, outcome: 'hit' }
    // The stamps are part of the name: who comes after an invalidation must not join a load from before it.
    const value = await this.#flights.run(`${found.stamps.join(' ')} ${key}`, async () => {
      const loaded = await load({ stamp: latestChange(found.stamps) })
      this.#keep(key, encode({ value: loaded, stamps: found.stamps }), ttlMs)
      return loaded
    })
    return { value, outcome: 'miss' }
  }

  async invalidate(tags: readonly string[], stamp: string): Promise<void> {
    for (const tag of tags) this.#owed.set(tag, later(this.#owed.get(tag), stamp) ?? stamp)
    await this.#circuit.run(() => this.#payOwed()).catch(() => {}) // Still owed, and paid before the next read.
  }

  isDown(): boolean {
    return this.#circuit.isOpen || !this.#store.isConnected
  }

  close(): void {
    this.#store.close()
  }

  /** Undefined when Redis did not answer. */
  async #find(key: string, tags: readonly string[]): Promise<Found | undefined> {
    try {
      return await this.#circuit.run(async () => {
        await this.#payOwed()
        return this.#store.find(key, tags)
      })
    } catch {
      return undefined // The circuit says once that the cache is down; each request need not.
    }
  }

  async #payOwed(): Promise<void> {
    for (const [tag, stamp] of this.#owed) {
      await this.#store.advance([tag], stamp)
      if (this.#owed.get(tag) === stamp) this.#owed.delete(tag)
    }
  }

  /** Not waited for: commands of one connection run in order, so the next read of this process finds it. */
  #keep(key: string, text: string, ttlMs: number): void {
    const spreadMs = Math.max(1, Math.round(ttlMs * (1 - this.#random() * jitterShare)))
    this.#circuit.run(() => this.#store.store(key, text, spreadMs)).catch(() => {}) // Then the next reader loads again.
  }
}

/** Call `connect` before use; without it every read is `down`. */
export const createCache = (options: CacheOptions): Cache => new RedisCache(options)
