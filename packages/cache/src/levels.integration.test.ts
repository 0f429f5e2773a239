/** Two levels, and what happens between them: other processes' changes, ends of lifetimes, failures of either side. */
import { randomBytes } from 'node:crypto'
import { startRedisWay, type RedisWay } from '@roundtrip/redis/testing'
import { RoundtripError } from '@roundtrip/errors'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { cacheKey, createCache, type Cache, type CacheOptions } from './index.ts'

const { cacheUrl, redisPassword } = inject('dataTier' as never) as { cacheUrl: string; redisPassword: string }
const log = { info: () => {}, warn: () => {} }
const key = cacheKey<string | null>('k')
const ttlMs = 600_000

let namespace: string
let redis: Redis
let way: RedisWay

const connect = async (options: Partial<CacheOptions> = {}): Promise<Cache> => {
  const password = redisPassword
  const cache = createCache({ url: cacheUrl, password, namespace, timeoutMs: 20_000, random: () => 1, log, ...options })
  onTestFinished(() => cache.close())
  await cache.connect()
  return cache
}
const loading = (value: string | null) => ({ ttlMs, tags: ['t'], load: () => Promise.resolve(value) })
const failing = (reason = new Error('no database')) => {
  const load = async (): Promise<string> => {
    throw reason
  }
  return { ...loading(''), load }
}
/** The value, and where from. */
const get = async (cache: Cache, wanted: Parameters<Cache['getOrLoad']>[1]): Promise<string> => {
  const { value, outcome } = await cache.getOrLoad(key, wanted as ReturnType<typeof loading>)
  return `${value} ${outcome}`
}

beforeEach(async () => {
  namespace = `test-${randomBytes(6).toString('hex')}`
  redis = new Redis(cacheUrl, { password: redisPassword })
  way = await startRedisWay(cacheUrl)
})

afterEach(() => {
  redis.disconnect()
  way.close()
})

describe('memory', () => {
  test('answers without Redis, and hears of what other processes change', async () => {
    const [one, other] = [await connect(), await connect()]
    expect(await get(one, loading('old'))).toBe('old miss')
    expect(await get(one, failing())).toBe('old hit')
    expect(await get(other, failing())).toBe('old hit')
    expect([one.stats().memoryHits, other.stats().sharedHits]).toEqual([1, 1])
    await other.invalidate(['t'], '0A')
    await vi.waitFor(() => expect(one.stats().memoryEntries).toBe(0))
    expect(await get(one, loading('new'))).toBe('new miss')
    expect(await get(other, failing())).toBe('new hit')
  })

  test('hears nothing of another numbered database of the same Redis', async () => {
    const [one, elsewhere] = [await connect(), await connect({ url: `${cacheUrl}/11` })]
    await get(one, loading('old'))
    await one.getOrLoad('heard', { ...loading('old'), tags: ['heard'] })
    await elsewhere.invalidate(['t'], '0A')
    await (await connect()).invalidate(['heard'], '0A')
    await vi.waitFor(() => expect(one.stats().memoryEntries).toBe(1))
    await get(one, failing())
    expect(one.stats().memoryHits).toBe(1)
  })

  test('is not asked on behalf of a reader who must see what others wrote', async () => {
    const [reader, writer] = [await connect({ url: way.url }), await connect()]
    await get(reader, loading('old'))
    way.hold() // Word of the change does not arrive; new connections work.
    await writer.invalidate(['t'], '0A')
    expect(await get(reader, loading('new'))).toBe('old hit')
    way.release()
    expect(await get(reader, { ...loading('new'), sharedOnly: true })).toBe('new miss')
  })

  test('ends by itself when word of a change is missed', async () => {
    let nowMs = 0
    const [reader, writer] = [await connect({ url: way.url, clock: () => nowMs }), await connect()]
    await get(reader, loading('old'))
    way.hold() // Word of the change does not arrive.
    await writer.invalidate(['t'], '0A')
    nowMs = 999
    expect(await get(reader, loading('new'))).toBe('old hit')
    nowMs = 1_000
    const later = get(reader, loading('new'))
    way.release()
    expect(await later).toBe('new miss')
  })

  test('is emptied when the connection that hears of changes comes back', async () => {
    const reader = await connect({ url: way.url })
    await get(reader, loading('old'))
    expect(reader.stats().memoryEntries).toBe(1)
    way.cut()
    way.mend()
    await vi.waitFor(() => expect(reader.stats().memoryEntries).toBe(0))
  })

  test('hands out one value to all, which nobody can change', async () => {
    const cache = await connect()
    const wanted = { ttlMs, load: () => Promise.resolve({ list: [{ price: 1 }] }) }
    const { value } = await cache.getOrLoad('list', wanted)
    expect(() => value.list.push({ price: 2 })).toThrow(TypeError)
    expect(() => Object.assign(value.list[0] ?? {}, { price: 2 })).toThrow(TypeError)
    expect((await cache.getOrLoad('list', wanted)).value).toBe(value)
  })
})

describe('lifetimes', () => {
  test('nothing has one of its own', async () => {
    const cache = await connect({ random: () => 0 })
    expect(await get(cache, { ...loading(null), negativeTtlMs: 5_000 })).toBe('null miss')
    expect(await get(cache, { ...failing(), sharedOnly: true })).toBe('null hit')
    expect(await redis.pttl(`${namespace}:entry:k`)).toBeLessThanOrEqual(5_000)
  })

  test('an expired value is served when the load fails, not when it was invalidated or the caller is at fault', async () => {
    const cache = await connect({ memory: false })
    const staleIfErrorMs = 60_000
    await get(cache, { ...loading('old'), staleIfErrorMs })
    expect(await get(cache, { ...failing(), staleIfErrorMs })).toBe('old hit')
    await redis.pexpire(`${namespace}:entry:k`, 30_000) // Of which all is staleness.
    expect(await get(cache, { ...failing(), staleIfErrorMs })).toBe('old stale')
    await expect(get(cache, failing())).rejects.toThrow('no database')
    const notFound = new RoundtripError('NOT_FOUND')
    await expect(get(cache, { ...failing(notFound), staleIfErrorMs })).rejects.toBe(notFound)
    expect(cache.stats()).toMatchObject({ staleServed: 1, loadErrors: 3 })
    await cache.invalidate(['t'], '0A')
    await expect(get(cache, { ...failing(), staleIfErrorMs })).rejects.toThrow('no database')
  })

  test('a value near its end is loaded anew by one reader, while all are served', async () => {
    const draws = { next: 1 }
    let nowMs = 0
    // A load of 100 ms, by this clock; a draw near 0 is one that makes a reader refresh.
    const options = { random: () => draws.next, clock: () => nowMs }
    const [one, other] = [await connect(options), await connect(options)]
    const slow = (value: string) => ({ ...loading(value), load: () => ((nowMs += 100), Promise.resolve(value)) })
    await get(one, slow('old'))
    await get(other, failing())
    await redis.pexpire(`${namespace}:entry:k`, 90_000)
    nowMs += 1_000 // Memory asks Redis again.
    draws.next = Number.MIN_VALUE // -ln of it is 744, times 100 ms: nearer than 74 s.
    expect(await get(one, slow('early'))).toBe('old hit')
    expect(one.stats().earlyRefreshes).toBe(0)
    await redis.pexpire(`${namespace}:entry:k`, 60_000)
    nowMs += 1_000
    draws.next = 1
    await get(other, failing())
    draws.next = Number.MIN_VALUE
    expect(await get(one, slow('new'))).toBe('old hit')
    draws.next = 1
    await vi.waitFor(async () => expect(await get(one, failing())).toBe('new hit'))
    draws.next = Number.MIN_VALUE
    expect(await get(other, failing())).toBe('old hit') // From memory; it would load anew, but finds that done.
    expect(await get(other, { ...failing(), sharedOnly: true })).toBe('new hit') // Redis answers in order.
    expect([one, other].map((cache) => cache.stats().earlyRefreshes)).toEqual([1, 0])
    expect(other.stats().leases).toBe(0)
  })
})

describe('Redis', () => {
  test('away: memory carries on, and loads are few at once', async () => {
    const cache = await connect({ url: 'redis://127.0.0.1:1', maxLoads: 2, maxQueued: 3 })
    const gate = Promise.withResolvers<string>()
    const wanted = { ttlMs, load: () => gate.promise }
    const reads = Array.from({ length: 20 }, (_, i) => cache.getOrLoad(`k${i % 10}`, wanted))
    const settled = Promise.allSettled(reads)
    await vi.waitFor(() => expect(cache.stats()).toMatchObject({ loadsRunning: 2, loadsQueued: 3 }))
    gate.resolve('v')
    const answers = await settled
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(10) // Five keys, two readers each.
    expect(answers.find((answer) => answer.status === 'rejected')?.reason).toMatchObject({ code: 'OVERLOADED' })
    expect(cache.stats()).toMatchObject({ loads: 5, circuit: 'open' })
    expect((await cache.getOrLoad('k0', wanted)).outcome).toBe('hit')
  })

  test('away: an expired value in memory is served when the load fails', async () => {
    let nowMs = 0
    const cache = await connect({ url: 'redis://127.0.0.1:1', clock: () => nowMs })
    const wanted = { ttlMs: 10_000, staleIfErrorMs: 60_000, load: () => Promise.resolve('old') }
    await cache.getOrLoad('k', wanted)
    nowMs = 20_000
    const failed = { ...wanted, load: () => Promise.reject(new Error('no database')) }
    expect(await cache.getOrLoad('k', failed)).toEqual({ value: 'old', outcome: 'stale' })
    expect(await cache.getOrLoad('k', { ...failed, ttlMs: 1 })).toEqual({ value: 'old', outcome: 'stale' })
    expect(cache.stats().loads).toBe(2)
    nowMs = 80_000
    await expect(cache.getOrLoad('k', failed)).rejects.toThrow('no database')
  })

  test('silent: a request waits as long as it may, then goes on without, and the next ones at once', async () => {
    const cache = await connect({ url: way.url, timeoutMs: 20, memory: false })
    await get(cache, loading('old'))
    way.hold()
    for (let i = 0; i < 6; i++) expect(await get(cache, loading(`${i}`))).toBe(`${i} down`)
    expect(cache.stats().circuit).toBe('open')
  })

  test('back: one request finds out, the others stay away until it knows', async () => {
    let nowMs = 0
    const cache = await connect({ url: way.url, timeoutMs: 20_000, memory: false, clock: () => nowMs })
    await get(cache, loading('old'))
    expect(await get(cache, failing())).toBe('old hit') // So it is stored.
    way.cut()
    while (!cache.isDown() || cache.stats().circuit === 'closed') await get(cache, loading('x'))
    way.mend()
    await vi.waitFor(async () => {
      nowMs += 1_000
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => get(cache, loading('x'))))
      expect(outcomes.toSorted()).toEqual(['old hit', 'x down', 'x down', 'x down', 'x down'])
    })
    expect(await get(cache, failing())).toBe('old hit')
  })

  test('full: what is there is served and invalidated, nothing is stored, and nobody is refused', async () => {
    // A user who may not SET is answered as by a Redis without room: every SET fails, DEL works.
    const [user, secret] = [`full-${namespace}`, randomBytes(8).toString('hex')]
    await redis.call('ACL', 'SETUSER', user, 'on', `>${secret}`, '~*', '&*', '+@all', '-set')
    onTestFinished(() => void redis.call('ACL', 'DELUSER', user).catch(() => {}))
    const { host } = new URL(cacheUrl)
    const [well, full] = [
      await connect(),
      await connect({ url: `redis://${user}:${secret}@${host}`, password: undefined }),
    ]
    await get(well, loading('old'))
    expect(await get(full, failing())).toBe('old hit')
    await full.invalidate(['t'], '0A')
    expect(full.stats()).toMatchObject({ owed: 0, circuit: 'closed' })
    expect(await get(well, { ...loading('new'), sharedOnly: true })).toBe('new miss')
    expect(await get(well, { ...failing(), sharedOnly: true })).toBe('new hit') // Redis answers in order: it is stored.
    await redis.del(`${namespace}:entry:k`)
    expect(await get(full, { ...loading('own'), sharedOnly: true })).toBe('own miss')
    expect(await redis.exists(`${namespace}:entry:k`)).toBe(0)
    expect(full.stats()).toMatchObject({ full: 1, circuit: 'closed' })
  })
})
