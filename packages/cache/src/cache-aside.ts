/** Cache-aside, read top to bottom: memory, else Redis, else one load for all, in this process and in the others. */
import type { Cache, CacheOptions, Outcome, Wanted } from './cache.ts'
import { isDueEarly } from './early-refresh.ts'
import { createLevels, type Levels } from './levels.ts'
import { Loader, type Want } from './loader.ts'
import type { Served } from './memory-level.ts'
import { everything } from './owed.ts'
import type { CacheReport } from './stats.ts'
import { checkStamp, later } from './stamps.ts'
import { within } from './within.ts'

class CacheAside implements Cache {
  readonly #levels: Levels
  readonly #loader: Loader
  readonly #refreshing = new Set<string>()

  constructor(options: CacheOptions) {
    this.#levels = createLevels(options, {
      onChange: ({ from, stamps }) => {
        for (const [, stamp] of stamps) this.#loader.newest = later(this.#loader.newest, stamp)
        // Its own changes this process has dropped before they were acknowledged.
        if (from !== this.#levels.self) this.#levels.memory?.drop(stamps.map(([tag]) => tag))
      },
      onGap: () => this.#levels.memory?.clear(),
    })
    this.#loader = new Loader(this.#levels)
  }

  async connect(): Promise<boolean> {
    const [isReached] = await Promise.all([this.#levels.store.connect(), this.#levels.listener.connect()])
    return isReached
  }

  async getOrLoad<T>(key: string, wanted: Wanted<T>): Promise<{ value: T; outcome: Outcome }> {
    const { memory, stats, clock } = this.#levels
    const usesMemory = memory !== undefined && wanted.sharedOnly !== true
    const held = usesMemory ? memory.fresh(key) : undefined
    if (held !== undefined) {
      const { served, sinceMs } = held
      stats.memoryHits++
      if (this.#isDue(key, served, served.leftMs - (clock() - sinceMs))) this.#refresh(wantOf(key, wanted), served)
      return { value: served.value as T, outcome: served.outcome === 'stale' ? 'stale' : 'hit' }
    }
    // Not before: who need not wait need not make a signal, either.
    wanted.signal?.throwIfAborted()
    const want = wantOf(key, wanted)
    const work = usesMemory ? memory.join(key, want.tags, () => this.#shared(want)) : this.#shared(want)
    const { value, outcome } = await within(work, wanted, clock)
    return { value: value as T, outcome }
  }

  async invalidate(tags: readonly string[], stamp: string): Promise<boolean> {
    checkStamp(stamp)
    const { memory, owed, circuit } = this.#levels
    this.#loader.newest = later(this.#loader.newest, stamp)
    memory?.drop(tags)
    owed.add(tags, stamp)
    const isTold = await circuit
      .run(() => owed.pay())
      .then(
        () => true,
        () => false, // Still owed, and paid before the next read.
      )
    memory?.drop(tags) // What was read from Redis before it was told.
    return isTold
  }

  isDown(): boolean {
    return this.#levels.circuit.isOpen || !this.#levels.store.isConnected
  }

  stats(): CacheReport {
    const { stats, circuit, gate, owed, memory } = this.#levels
    return {
      ...stats,
      circuit: circuit.isOpen ? 'open' : 'closed',
      loadsRunning: gate.running,
      loadsQueued: gate.queued,
      owed: owed.size,
      memoryEntries: memory?.entries ?? 0,
      memoryBytes: memory?.bytes ?? 0,
    }
  }

  close(): void {
    this.#levels.store.close()
    this.#levels.listener.close()
  }

  async #shared(want: Want): Promise<Served> {
    const served = await this.#loader.get(want)
    if (served.outcome === 'hit' && this.#isDue(want.key, served, served.leftMs)) this.#refresh(want, served)
    return served
  }

  #isDue(key: string, { id, deltaMs }: Served, leftMs: number): boolean {
    const { beta, random } = this.#levels
    return id !== '' && isDueEarly({ leftMs, deltaMs }, beta, random) && !this.#refreshing.has(key)
  }

  /** In the background: who finds out that it is time does not wait. What takes its place is not older. */
  #refresh(want: Want, { id, reflects }: Served): void {
    const { memory, log } = this.#levels
    const { key } = want
    this.#refreshing.add(key)
    this.#loader
      .refresh(want, id, reflects)
      .then((newer) => {
        if (newer !== undefined) memory?.replace(key, id, newer)
      })
      .catch((error: unknown) => log.warn({ error, key }, 'early refresh failed; the value stays until its end'))
      .finally(() => this.#refreshing.delete(key))
  }
}

const wantOf = (key: string, wanted: Wanted<unknown>): Want => ({
  ...wanted,
  key,
  tags: [everything, ...(wanted.tags ?? [])],
})

/** Call `connect` before use; without it every read is `down`. */
export const createCache = (options: CacheOptions): Cache => new CacheAside(options)
