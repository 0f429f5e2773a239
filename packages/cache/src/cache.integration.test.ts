/** Cache-aside against a real Redis: hits, invalidation in every order, and life without it. */
import { randomBytes } from 'node:crypto'
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
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
    timeoutMs: 2_000,
    memory: false,
    log,
    ...options,
  })
  open.push(cache)
  await cache.connect()
  return cache
}

const ttlMs = 60_000
const loading = (value: unknown) => ({ ttlMs, tags: ['t'], load: () => Promise.resolve(value) })
const stampAsValue = { ttlMs, tags: ['t'], load: ({ stamp }: Loading) => Promise.resolve(stamp) }

beforeEach(() => {
  namespace = `test-${randomBytes(6).toString('hex')}`
  redis = new Redis(cacheUrl, { password: redisPassword })
})

afterEach(() => {
  for (const cache of open.splice(0)) cache.close()
  redis.disconnect()
})

test('miss, then hit, from another process as well', async () => {
  const cache = await connect()
  expect(await cache.getOrLoad('k', loading({ n: 1 }))).toEqual({ value: { n: 1 }, outcome: 'miss' })
  expect(await cache.getOrLoad('k', loading('unused'))).toEqual({ value: { n: 1 }, outcome: 'hit' })
  expect(await (await connect()).getOrLoad('k', loading('unused'))).toEqual({ value: { n: 1 }, outcome: 'hit' })
})

test('an error of the load is passed on and not kept', async () => {
  const cache = await connect()
  const failing = { ttlMs, load: () => Promise.reject(new Error('no database')) }
  await expect(cache.getOrLoad('k', failing)).rejects.toThrow('no database')
  expect((await cache.getOrLoad('k', loading(1))).outcome).toBe('miss')
})

test('an invalidated tag makes a miss, and tells the load which change to show', async () => {
  const cache = await connect()
  await cache.getOrLoad('k', loading(1))
  await cache.invalidate(['t'], '0A')
  const stamps: unknown[] = []
  const load = ({ stamp }: { stamp: string | undefined }) => {
    stamps.push(stamp)
    return Promise.resolve(2)
  }
  expect(await cache.getOrLoad('k', { ttlMs, tags: ['t'], load })).toEqual({ value: 2, outcome: 'miss' })
  expect(await cache.getOrLoad('k', { ttlMs, tags: ['t'], load })).toEqual({ value: 2, outcome: 'hit' })
  expect(stamps).toEqual(['0A'])
})

test('an older change that arrives late does not take the newer one back', async () => {
  const cache = await connect()
  await cache.invalidate(['t'], '0B')
  await cache.invalidate(['t'], '0A')
  const seen = await cache.getOrLoad('k', stampAsValue)
  expect(seen.value).toBe('0B')
})

test('what was loaded before a change and stored after it is not served', async () => {
  const cache = await connect()
  const old = Promise.withResolvers<string>()
  const started = Promise.withResolvers<void>()
  const slow = cache.getOrLoad('k', {
    ttlMs,
    tags: ['t'],
    load: () => {
      started.resolve()
      return old.promise
    },
  })
  await started.promise
  await cache.invalidate(['t'], '0A')
  // Neither joined to the load from before the change, nor answered by what that one stores.
  expect(await cache.getOrLoad('k', loading('new'))).toEqual({ value: 'new', outcome: 'miss' })
  old.resolve('old')
  expect((await slow).value).toBe('old')
  expect((await cache.getOrLoad('k', loading('newer'))).value).not.toBe('old')
})

test('an evicted stamp does not bring an older value back', async () => {
  const cache = await connect()
  await cache.getOrLoad('k', loading(1))
  await cache.getOrLoad('other', loading(0)) // Redis answers in order: it is stored.
  await redis.del(`${namespace}:tag:t`)
  expect(await cache.getOrLoad('k', loading(2))).toEqual({ value: 2, outcome: 'miss' })
})

test('a corrupt entry is a miss', async () => {
  const cache = await connect()
  await cache.getOrLoad('k', loading(1))
  await cache.getOrLoad('other', loading(0)) // Redis answers in order: it is stored.
  await redis.set(`${namespace}:entry:k`, '{"stamps":')
  expect(await cache.getOrLoad('k', loading(2))).toEqual({ value: 2, outcome: 'miss' })
})

test('an entry whose value is broken is a miss', async () => {
  const cache = await connect()
  await cache.getOrLoad('k', loading({ n: 1 }))
  await cache.getOrLoad('other', loading(0)) // Redis answers in order: it is stored.
  const text = (await redis.get(`${namespace}:entry:k`)) ?? ''
  await redis.set(`${namespace}:entry:k`, text.slice(0, -1))
  expect(await cache.getOrLoad('k', loading(2))).toEqual({ value: 2, outcome: 'miss' })
})

test('those who come at once load once', async () => {
  const cache = await connect()
  const gate = Promise.withResolvers<number>()
  let loads = 0
  const load = () => {
    loads++
    return gate.promise
  }
  // All have asked Redis before the first load ends: the gate opens after answers to all of them.
  const all = Promise.all(Array.from({ length: 50 }, () => cache.getOrLoad('k', { ttlMs, load })))
  await cache.getOrLoad('other', loading(0))
  gate.resolve(7)
  expect(new Set((await all).map(({ value }) => value))).toEqual(new Set([7]))
  expect(loads).toBe(1)
})

test('entries expire, a little earlier at random', async () => {
  const cache = await connect({ random: () => 1 })
  await cache.getOrLoad('k', loading(1))
  await cache.getOrLoad('k', loading(1))
  const leftMs = await redis.pttl(`${namespace}:entry:k`)
  expect(leftMs).toBeGreaterThan(0)
  expect(leftMs).toBeLessThanOrEqual(54_000)
})

test('without Redis everything is loaded, and after five failures Redis is not even asked', async () => {
  const warnings: string[] = []
  const cache = await connect({
    url: 'redis://127.0.0.1:1',
    log: { ...log, warn: (_, message) => warnings.push(message) },
    clock: () => 0,
  })
  for (let i = 0; i < 6; i++) expect(await cache.getOrLoad('k', loading(i))).toEqual({ value: i, outcome: 'down' })
  expect(cache.isDown()).toBe(true)
  expect(warnings).toEqual(['cache down, going on without'])
})

test('an invalidation that Redis missed is made up for before the next read', async () => {
  await (await connect()).getOrLoad('k', loading('old'))
  let nowMs = 0
  const clock = () => (nowMs += 1_000) // Each look at the clock finds the breaker willing to try again.
  const late = createCache({
    url: cacheUrl,
    password: redisPassword,
    namespace,
    timeoutMs: 2_000,
    memory: false,
    log,
    clock,
  })
  open.push(late)
  await late.invalidate(['t'], '0A') // Not connected yet.
  let seen = await late.getOrLoad('k', stampAsValue)
  expect(seen).toEqual({ value: '0A', outcome: 'down' })
  while (seen.outcome === 'down') {
    await turnOfTheEventLoop() // Connecting needs one; a refused command does not give it.
    seen = await late.getOrLoad('k', stampAsValue)
  }
  expect(seen).toEqual({ value: '0A', outcome: 'miss' })
})
