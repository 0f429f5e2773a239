/** A reader who names what they have changed sees it, whatever the levels of the cache have heard, or have forgotten. */
import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { createCache, type Cache, type CacheOptions, type Loading } from './index.ts'

const { cacheUrl, redisPassword } = inject('dataTier' as never) as { cacheUrl: string; redisPassword: string }
const log = { info: () => {}, warn: () => {} }

let namespace: string
let redis: Redis
const open: Cache[] = []

const create = (options: Partial<CacheOptions> = {}): Cache => {
  const cache = createCache({ url: cacheUrl, password: redisPassword, namespace, timeoutMs: 20_000, log, ...options })
  open.push(cache)
  return cache
}
const connect = async (options: Partial<CacheOptions> = {}): Promise<Cache> => {
  const cache = create(options)
  await cache.connect()
  return cache
}

/** A replica that lags: it has what it is told to wait for, and nothing newer. */
const lagging = (told: string[] = []) => ({
  ttlMs: 600_000,
  staleIfErrorMs: 600_000,
  tags: ['t'],
  load: ({ stamp = 'nothing' }: Loading): Promise<string> => {
    told.push(stamp)
    return Promise.resolve(`as of ${stamp}`)
  },
})
const failing = { ...lagging(), load: () => Promise.reject(new Error('loaded')) }
const get = async (cache: Cache, wanted: Parameters<Cache['getOrLoad']>[1]): Promise<unknown> =>
  (await cache.getOrLoad('k', wanted)).value

beforeEach(() => {
  namespace = `test-${randomBytes(6).toString('hex')}`
  redis = new Redis(cacheUrl, { password: redisPassword })
})

afterEach(() => {
  for (const cache of open.splice(0)) cache.close()
  redis.disconnect()
})

describe.each([['with', {}] as const, ['without', { memory: false }] as const])('%s memory', (_, options) => {
  test('nobody was told of the change, for the writer could not reach Redis', async () => {
    const [reader, writer] = [await connect(options), create(options)]
    expect(await get(reader, lagging())).toBe('as of nothing')
    await writer.invalidate(['t'], '0A')
    expect(writer.stats().owed).toBe(1)
    expect(await get(reader, failing)).toBe('as of nothing') // What the others may still see.
    expect(await get(reader, { ...lagging(), atLeast: '0A' })).toBe('as of 0A')
    expect(await get(reader, failing)).toBe('as of 0A') // And now they do not go back, either.
  })

  test('Redis has forgotten, and others have loaded from a replica that lags since', async () => {
    const [reader, writer] = [await connect(options), await connect(options)]
    await writer.invalidate(['t'], '0A')
    await redis.del(`${namespace}:tag:t`, `${namespace}:tag:*`)
    const stranger = await connect(options) // Has not heard of the change.
    expect(await get(stranger, lagging())).toBe('as of nothing')
    expect(await get(reader, { ...lagging(), atLeast: '0A' })).toBe('as of 0A')
    expect(await get(stranger, { ...lagging(), atLeast: '0A' })).toBe('as of 0A')
  })

  test('others wait for a load that began before the change', async () => {
    const [reader, writer] = [await connect(options), create(options)]
    await reader.getOrLoad('another', lagging()) // From now on Redis knows the tag: all loads are of one state of it.
    const old = Promise.withResolvers<string>()
    const begun = Promise.withResolvers<void>()
    const load = (): Promise<string> => {
      begun.resolve()
      return old.promise
    }
    const others = get(reader, { ...lagging(), load })
    await begun.promise
    await writer.invalidate(['t'], '0A')
    const own = get(reader, { ...lagging(), atLeast: '0A' })
    // With memory it has joined the others by now; without, when it has found that Redis has nothing.
    if ('memory' in options) await vi.waitUntil(() => reader.stats().misses === 3)
    old.resolve('as of nothing')
    expect(await Promise.all([others, own])).toEqual(['as of nothing', 'as of 0A'])
    expect(await get(reader, { ...failing, atLeast: '0A' })).toBe('as of 0A')
  })

  test('another process loads under a lease, not knowing of the change', async () => {
    const [reader, other] = [await connect(options), await connect(options)]
    const old = Promise.withResolvers<string>()
    const begun = Promise.withResolvers<void>()
    const load = (): Promise<string> => {
      begun.resolve()
      return old.promise
    }
    const others = get(other, { ...lagging(), load })
    await begun.promise
    const own = get(reader, { ...lagging(), atLeast: '0A' })
    old.resolve('as of nothing')
    expect(await Promise.all([others, own])).toEqual(['as of nothing', 'as of 0A'])
  })

  test('Redis cannot be reached', async () => {
    const reader = create(options)
    expect(await get(reader, lagging())).toBe('as of nothing')
    expect(await get(reader, { ...lagging(), atLeast: '0A' })).toBe('as of 0A')
  })

  test('when nothing can be loaded there is an error, not what was before', async () => {
    const reader = await connect(options)
    await get(reader, lagging())
    await expect(get(reader, { ...failing, atLeast: '0A' })).rejects.toThrow('loaded')
    await redis.pexpire(`${namespace}:entry:k`, 600_001) // Expired but for the case that a load fails.
    const another = await connect(options)
    await expect(get(another, { ...failing, atLeast: '0A' })).rejects.toThrow('loaded')
    expect(await get(another, failing)).toBe('as of nothing')
  })

  test('what is known to reflect the change is not loaded again', async () => {
    const told: string[] = []
    const [reader, other] = [await connect(options), await connect(options)]
    const both = [0, 1].map(() => get(reader, { ...lagging(told), atLeast: '0B' }))
    expect(await Promise.all(both)).toEqual(['as of 0B', 'as of 0B'])
    for (const atLeast of ['0B', '0A', undefined]) {
      expect(await get(other, { ...lagging(told), atLeast })).toBe('as of 0B')
    }
    expect(told).toEqual(['0B'])
    expect([reader.stats().behind, other.stats().behind]).toEqual([0, 0])
  })

  test('after a change that all were told of, who made it loads no more than others', async () => {
    const told: string[] = []
    const [reader, writer] = [await connect(options), await connect(options)]
    await get(reader, lagging(told))
    await writer.invalidate(['t'], '0A')
    expect(await get(reader, { ...lagging(told), sharedOnly: true })).toBe('as of 0A')
    expect(await get(reader, { ...lagging(told), atLeast: '0A' })).toBe('as of 0A')
    expect(told).toEqual(['nothing', '0A'])
  })

  test('a refresh in the background does not bring back what was before', async () => {
    const told: string[] = []
    const reader = await connect({ ...options, earlyRefreshBeta: 1e12, random: () => 0.5 })
    const slow = { ...lagging(told), load: async (loading: Loading) => lagging(told).load(loading) }
    expect(await get(reader, { ...slow, atLeast: '0A' })).toBe('as of 0A')
    while (reader.stats().earlyRefreshes === 0) await get(reader, slow)
    await expect.poll(() => told.length).toBeGreaterThan(1)
    expect(new Set(told)).toEqual(new Set(['0A']))
  })
})
