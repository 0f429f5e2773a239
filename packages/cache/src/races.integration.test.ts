/** What comes between a reader and a writer: forced orders one by one, then random ones against a model. */
import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { createCache, type Cache, type CacheOptions, type Loading } from './index.ts'

const { cacheUrl, redisPassword } = inject('dataTier' as never) as { cacheUrl: string; redisPassword: string }
const log = { info: () => {}, warn: () => {} }

let namespace: string
let redis: Redis
const open: Cache[] = []

const connect = async (options: Partial<CacheOptions> = {}): Promise<Cache> => {
  const cache = createCache({
    url: cacheUrl,
    password: redisPassword,
    namespace,
    timeoutMs: 20_000,
    maxWaitMs: 20_000,
    log,
    ...options,
  })
  open.push(cache)
  await cache.connect()
  return cache
}

/** A load that says when it has begun, and ends when it is told to. */
const heldLoad = () => {
  const begun = Promise.withResolvers<void>()
  const value = Promise.withResolvers<string>()
  const load = (): Promise<string> => {
    begun.resolve()
    return value.promise
  }
  return { wanted: { ttlMs: 600_000, tags: ['t'], load }, begun: begun.promise, end: value.resolve, fail: value.reject }
}
const loading = (value: string) => ({ ttlMs: 600_000, tags: ['t'], load: () => Promise.resolve(value) })
const stampAsValue = {
  ttlMs: 600_000,
  tags: ['t'],
  sharedOnly: true,
  load: ({ stamp }: Loading) => Promise.resolve(stamp ?? null),
}
const never = { ...loading(''), load: () => Promise.reject(new Error('loaded')) }
/** What is stored, past all levels. */
const stored = async (): Promise<string | undefined> => (await redis.get(`${namespace}:entry:k`))?.split('\n')[2]

beforeEach(() => {
  namespace = `test-${randomBytes(6).toString('hex')}`
  redis = new Redis(cacheUrl, { password: redisPassword })
})

afterEach(() => {
  for (const cache of open.splice(0)) cache.close()
  redis.disconnect()
})

test('a refresh in the background does not bring back what was before a change that Redis has forgotten', async () => {
  const told: (string | undefined)[] = []
  const reader = await connect({ earlyRefreshBeta: 1e12, random: () => 0.5 })
  const lagging = {
    ttlMs: 600_000,
    tags: ['t'],
    load: ({ stamp }: Loading) => {
      told.push(stamp)
      return Promise.resolve(`as of ${stamp}`)
    },
  }
  await reader.invalidate(['t'], '0A')
  await redis.del(`${namespace}:tag:t`, `${namespace}:tag:*`)
  expect((await reader.getOrLoad('k', lagging)).value).toBe('as of 0A')
  while (reader.stats().earlyRefreshes === 0) await reader.getOrLoad('k', lagging)
  await expect.poll(() => told.length).toBeGreaterThan(1)
  expect(new Set(told)).toEqual(new Set(['0A']))
})

describe.each([['with', {}] as const, ['without', { memory: false }] as const])('%s memory', (_, options) => {
  test('a value that was read before a change is not kept after it', async () => {
    const [reader, writer] = [await connect(options), await connect(options)]
    const old = heldLoad()
    const reading = reader.getOrLoad('k', old.wanted)
    await old.begun // The reader has the old value in hand,
    await writer.invalidate(['t'], '0A') // a writer changes it,
    old.end('old') // and only now the reader comes to keep it.
    expect((await reading).value).toBe('old') // It asked before the change.
    expect(await writer.getOrLoad('k', loading('new'))).toEqual({ value: 'new', outcome: 'miss' })
    expect((await reader.getOrLoad('k', { ...never, sharedOnly: true })).value).toBe('new')
    expect(reader.stats()).toMatchObject({ stored: 0, outdated: 1 })
  })

  test('who comes after a change does not wait for who loads from before it, and is not overwritten by him', async () => {
    const [reader, writer] = [await connect(options), await connect(options)]
    const old = heldLoad()
    const reading = reader.getOrLoad('k', old.wanted)
    await old.begun
    await writer.invalidate(['t'], '0A')
    expect(await writer.getOrLoad('k', loading('new'))).toEqual({ value: 'new', outcome: 'miss' })
    old.end('old')
    await reading
    expect((await reader.getOrLoad('k', { ...never, sharedOnly: true })).value).toBe('new')
    expect(await stored()).toBe('"new"')
  })

  test('a lease that ran out does not let an older value over a newer one', async () => {
    const [slow, fast] = [await connect(options), await connect(options)]
    const old = heldLoad()
    const reading = slow.getOrLoad('k', old.wanted)
    await old.begun
    await redis.del(`${namespace}:lease:k`)
    await fast.getOrLoad('k', loading('new'))
    old.end('old')
    await reading
    expect((await slow.getOrLoad('k', { ...never, sharedOnly: true })).value).toBe('new')
    expect(slow.stats().lost).toBe(1)
  })

  test('a load that takes longer than its lease is kept when nobody else has loaded', async () => {
    const cache = await connect(options)
    const slow = heldLoad()
    const reading = cache.getOrLoad('k', slow.wanted)
    await slow.begun
    await redis.del(`${namespace}:lease:k`)
    slow.end('slow')
    await reading
    expect((await cache.getOrLoad('k', { ...never, sharedOnly: true })).value).toBe('slow')
  })

  test('who has waited long enough loads for himself, and leaves the keeping to who has the lease', async () => {
    const [first, second] = [await connect(options), await connect({ ...options, maxWaitMs: 0 })]
    const slow = heldLoad()
    const reading = first.getOrLoad('k', slow.wanted)
    await slow.begun
    expect(await second.getOrLoad('k', loading('own'))).toEqual({ value: 'own', outcome: 'miss' })
    slow.end('slow')
    await reading
    expect((await first.getOrLoad('k', { ...never, sharedOnly: true })).value).toBe('slow')
    expect(second.stats()).toMatchObject({ leaseTimeouts: 1, stored: 0 })
  })

  test('a caller who goes away, or has no more time, leaves the load to the others', async () => {
    const cache = await connect(options)
    const slow = heldLoad()
    const client = new AbortController()
    const gone = cache.getOrLoad('k', { ...slow.wanted, signal: client.signal })
    const hasty = cache.getOrLoad('k', { ...slow.wanted, deadlineMs: performance.now() })
    const refused = Promise.allSettled([gone, hasty])
    const patient = cache.getOrLoad('k', slow.wanted)
    await slow.begun
    client.abort(new Error('client gone'))
    expect(await refused).toMatchObject([
      { reason: { message: 'client gone' } },
      { reason: { code: 'DEADLINE_EXCEEDED' } },
    ])
    slow.end('value')
    expect((await patient).value).toBe('value')
    expect(cache.stats().loads).toBe(1)
  })

  test('a load is told the latest change that was heard of when Redis has forgotten that of its tag', async () => {
    const [reader, writer] = [await connect(options), await connect(options)]
    await writer.invalidate(['t'], '0A')
    await redis.del(`${namespace}:tag:t`)
    const stampOf = async (cache: Cache): Promise<string | undefined> => {
      await redis.del(`${namespace}:tag:t`)
      return (await cache.getOrLoad('k', stampAsValue)).value ?? undefined
    }
    expect(await stampOf(writer)).toBe('0A')
    await vi.waitFor(async () => expect(await stampOf(reader)).toBe('0A'))
  })

  test('who waits for a load that fails loads himself', async () => {
    const [first, second] = [await connect(options), await connect(options)]
    const failing = heldLoad()
    const reading = first.getOrLoad('k', failing.wanted)
    await failing.begun
    const waiting = second.getOrLoad('k', loading('mine'))
    failing.fail(new Error('no database'))
    await expect(reading).rejects.toThrow('no database')
    expect((await waiting).value).toBe('mine')
  })
})

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
const seededRandom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * Readers and writers in three processes in random order; a load reads its value when it begins and ends when the
 * schedule says so. No reader may get a value older than the last change that was acknowledged before he asked.
 */
const play = async (seed: number, caches: readonly Cache[], options: { sharedOnly: boolean }): Promise<string[]> => {
  const random = seededRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const wrong: string[] = []
  const pending: (() => void)[] = []
  const readers: Promise<void>[] = []
  let [committed, acknowledged] = [0, 0]
  const ownAcknowledged = new Map<Cache, number>()
  const load = async (): Promise<number> => {
    const value = committed
    await new Promise<void>((resolve) => void pending.push(resolve))
    return value
  }
  const read = async (cache: Cache): Promise<void> => {
    // From its own memory a process must not serve what it has changed itself; what others changed it may not know yet.
    const atLeast = options.sharedOnly ? acknowledged : (ownAcknowledged.get(cache) ?? 0)
    const { value } = await cache.getOrLoad<number>('k', { ttlMs: 600_000, tags: ['t'], load, ...options })
    if (value < atLeast) wrong.push(`seed ${seed}: ${value} after ${atLeast}`)
  }
  const write = async (cache: Cache): Promise<void> => {
    const version = ++committed
    await cache.invalidate(['t'], `v${String(version).padStart(6, '0')}`)
    acknowledged = Math.max(acknowledged, version)
    ownAcknowledged.set(cache, version)
  }
  for (let step = 0; step < 60; step++) {
    const event = random()
    if (event < 0.5) readers.push(read(pick(caches)))
    else if (event < 0.65) await write(pick(caches))
    else if (event < 0.8) await redis.ping()
    else pending.splice(Math.floor(random() * pending.length), 1)[0]?.()
  }
  const done = new AbortController()
  const all = Promise.all(readers).then(() => done.abort())
  while (!done.signal.aborted) {
    for (const end of pending.splice(0)) end()
    await redis.ping()
  }
  await all
  return wrong
}

test.each([{ sharedOnly: true }, { sharedOnly: false }])('no order brings an older value back: %j', async (options) => {
  const caches = await Promise.all([connect(), connect(), connect()])
  const wrong: string[] = []
  for (let seed = 1; seed <= 60; seed++) {
    await redis.del(`${namespace}:entry:k`, `${namespace}:tag:t`)
    for (const cache of caches) await cache.invalidate(['*'], `u${String(seed).padStart(6, '0')}`)
    wrong.push(...(await play(seed, caches, options)))
  }
  expect(wrong).toEqual([])
  expect(caches.reduce((sum, cache) => sum + cache.stats().outdated + cache.stats().lost, 0)).toBeGreaterThan(0)
})
