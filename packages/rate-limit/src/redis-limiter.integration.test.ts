/** Limits shared through a real Redis: one count for all, and life while Redis is gone, silent, or back. */
import { randomBytes } from 'node:crypto'
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises'
import { startRedisWay, type RedisWay } from '@roundtrip/redis/testing'
import { Redis } from 'ioredis'
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import type { Charge, Rate, Verdict } from './gcra.ts'
import { RedisLimiter, type RedisLimiterOptions } from './redis-limiter.ts'

const { cacheUrl, redisPassword } = inject('dataTier' as never) as { cacheUrl: string; redisPassword: string }

let namespace: string
beforeEach(() => {
  namespace = `test-${randomBytes(6).toString('hex')}`
})

const ten: Rate = { name: 'ten', quota: 10, windowMs: 600_000 }
const charge = (overrides: Partial<Charge> = {}): Charge => ({ key: 'a', rate: ten, cost: 1, ...overrides })

const limiterFor = async (options: Partial<RedisLimiterOptions> = {}) => {
  const messages: string[] = []
  const note = (_: object, message: string): void => void messages.push(message)
  const limiter = new RedisLimiter({
    url: cacheUrl,
    password: redisPassword,
    namespace,
    timeoutMs: 2_000,
    log: { info: note, warn: note },
    ...options,
  })
  onTestFinished(() => limiter.close())
  await limiter.connect()
  return { limiter, messages }
}

const startWay = async (): Promise<RedisWay> => {
  const way = await startRedisWay(cacheUrl)
  onTestFinished(() => way.close())
  return way
}

/** `take`, which answers at once when it can. */
const take = async (limiter: RedisLimiter, one: Charge): Promise<Verdict> => limiter.take([one])

const times = (count: number): unknown[] => Array.from({ length: count })

test('two limiters share one count', async () => {
  const [one, two] = [await limiterFor(), await limiterFor()]
  const verdicts = await Promise.all(times(30).map((_, i) => take((i % 2 === 0 ? one : two).limiter, charge())))
  expect(verdicts.filter(({ isAllowed }) => isAllowed)).toHaveLength(10)
  const left = verdicts.filter(({ isAllowed }) => isAllowed).map(({ decisions }) => decisions[0]?.remaining)
  expect(new Set(left)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
  expect(one.limiter.status()).toMatchObject({ counting: 'shared', fallbacks: 0 })
})

test('a refusal says when to come back, and costs Redis nothing until then', async () => {
  const { limiter } = await limiterFor()
  await limiter.take([charge({ cost: 10 })])
  const refused = await limiter.take([charge()])
  expect(refused.decisions[0]).toMatchObject({ isAllowed: false, remaining: 0 })
  expect(refused.decisions[0]?.retryAfterMs).toBeGreaterThan(59_000)
  expect(refused.decisions[0]?.retryAfterMs).toBeLessThanOrEqual(60_000)
  const again = limiter.take([charge()])
  expect(again).not.toBeInstanceOf(Promise)
  expect(again).toMatchObject({ isAllowed: false })
  expect(limiter.status()).toMatchObject({ allowed: 1, denied: 2, deniedFromMemory: 1 })
  expect(await limiter.take([charge({ key: 'b' })])).toMatchObject({ isAllowed: true })
})

test('what one rate refuses, no rate has counted; keys expire when nothing is owed', async () => {
  const { limiter } = await limiterFor()
  const one: Rate = { name: 'one', quota: 1, windowMs: 60_000 }
  const narrow = charge({ key: 'narrow', rate: one })
  await limiter.take([narrow])
  const other = await limiterFor()
  await other.limiter.take([charge(), narrow])
  expect((await limiter.take([charge()])).decisions[0]?.remaining).toBe(9)
  const redis = new Redis(cacheUrl, { password: redisPassword })
  onTestFinished(() => redis.disconnect())
  const leftMs = await redis.pttl(`${namespace}:a`)
  expect(leftMs).toBeGreaterThan(50_000)
  expect(leftMs).toBeLessThanOrEqual(60_000)
})

test('a stranger’s value is replaced', async () => {
  const redis = new Redis(cacheUrl, { password: redisPassword })
  onTestFinished(() => redis.disconnect())
  await redis.set(`${namespace}:a`, 'what is this')
  const { limiter } = await limiterFor()
  expect((await limiter.take([charge()])).decisions[0]?.remaining).toBe(9)
})

test('while Redis is away each instance counts its share; when it is back, all share again', async () => {
  const way = await startWay()
  const time = { nowMs: 0 }
  const { limiter } = await limiterFor({ url: way.url, instances: 5, clock: () => time.nowMs })
  expect((await take(limiter, charge())).decisions[0]?.remaining).toBe(9)
  way.cut()
  const verdicts = await Promise.all(times(6).map(() => take(limiter, charge({ key: 'cut' }))))
  expect(verdicts.filter(({ isAllowed }) => isAllowed)).toHaveLength(2)
  expect(limiter.status()).toMatchObject({ counting: 'local', fallbacks: 6 })
  way.mend()
  while (limiter.status().counting === 'local') {
    time.nowMs += 1_000
    await take(limiter, charge({ key: 'probe' }))
    await turnOfTheEventLoop()
  }
  expect((await take(limiter, charge())).decisions[0]?.remaining).toBe(8)
})

test('a silent Redis is waited for only until the circuit opens, and one request finds out that it speaks again', async () => {
  const way = await startWay()
  const time = { nowMs: 0 }
  const { limiter, messages } = await limiterFor({ url: way.url, timeoutMs: 50, clock: () => time.nowMs })
  await take(limiter, charge())
  way.hold()
  const waited = await Promise.all(times(5).map(() => take(limiter, charge({ key: 'silent' }))))
  expect(waited).toMatchObject(times(5).map(() => ({ isAllowed: true })))
  expect(messages).toEqual(['rate limits are no longer shared: Redis does not answer'])
  expect(limiter.take([charge({ key: 'silent' })])).not.toBeInstanceOf(Promise)
  way.release()
  while (limiter.status().counting === 'local') {
    time.nowMs += 1_000
    const [trying, others] = [limiter.take([charge({ key: 'late' })]), limiter.take([charge({ key: 'late' })])]
    expect([trying instanceof Promise, others instanceof Promise]).toEqual([true, false])
    await trying
  }
  expect(messages).toEqual([messages[0], 'rate limits are shared again'])
  expect(limiter.take([charge({ key: 'x' })])).toBeInstanceOf(Promise)
})
