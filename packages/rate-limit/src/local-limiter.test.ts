/** GCRA in one process: bursts, rates, companions, shares, and how much is kept. */
import { array, assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'
import type { Charge, Rate } from './gcra.ts'
import { LocalLimiter } from './local-limiter.ts'

const tenPerSecond: Rate = { name: 'default', quota: 10, windowMs: 1000 }
const charge = (overrides: Partial<Charge> = {}): Charge => ({ key: 'a', rate: tenPerSecond, cost: 1, ...overrides })

const limiterAt = (options: ConstructorParameters<typeof LocalLimiter>[0] = {}) => {
  const time = { nowMs: 5_000 }
  return { time, limiter: new LocalLimiter({ clock: () => time.nowMs, ...options }) }
}

test('a burst passes, the next has to wait for one unit, which then passes', () => {
  const { limiter, time } = limiterAt()
  const remaining = Array.from({ length: 10 }, () => limiter.take([charge()]).decisions[0]?.remaining)
  expect(remaining).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  const refused = limiter.take([charge()])
  expect(refused.isAllowed).toBe(false)
  expect(refused.decisions[0]).toMatchObject({ remaining: 0, resetMs: 1000 })
  expect(refused.decisions[0]?.retryAfterMs).toBeCloseTo(100)
  time.nowMs += 99
  expect(limiter.take([charge()]).isAllowed).toBe(false)
  time.nowMs += 1
  expect(limiter.take([charge()]).isAllowed).toBe(true)
  expect(limiter.take([charge()]).isAllowed).toBe(false)
  expect(limiter.status()).toMatchObject({ counting: 'local', allowed: 11, denied: 3, keys: 1 })
})

test('a small burst spreads the same rate', () => {
  const { limiter, time } = limiterAt()
  const rate = { ...tenPerSecond, burst: 2 }
  const passes = () => limiter.take([charge({ rate })]).isAllowed
  expect([passes(), passes(), passes()]).toEqual([true, true, false])
  time.nowMs += 100
  expect([passes(), passes()]).toEqual([true, false])
})

test('keys have counts of their own, and dear requests take more', () => {
  const { limiter } = limiterAt()
  expect(limiter.take([charge({ cost: 8 })]).decisions[0]?.remaining).toBe(2)
  expect(limiter.take([charge({ cost: 3 })]).isAllowed).toBe(false)
  expect(limiter.take([charge({ cost: 2 })]).isAllowed).toBe(true)
  expect(limiter.take([charge({ key: 'b', cost: 11 })]).isAllowed).toBe(false)
  expect(limiter.take([charge({ key: 'b', cost: 10 })]).isAllowed).toBe(true)
})

test('what one rate refuses, no rate has counted', () => {
  const { limiter } = limiterAt()
  const narrow = charge({ key: 'narrow', rate: { name: 'narrow', quota: 1, windowMs: 1000 } })
  const wide = charge({ key: 'wide' })
  limiter.take([narrow])
  for (let i = 0; i < 5; i++) expect(limiter.take([wide, narrow]).isAllowed).toBe(false)
  expect(limiter.take([wide]).decisions[0]?.remaining).toBe(9)
})

test('a share of a rate is slower, and lets at least one pass', () => {
  const { limiter, time } = limiterAt({ instances: 4 })
  const passes = (rate: Rate) => limiter.take([charge({ key: rate.name, rate })]).isAllowed
  expect([passes(tenPerSecond), passes(tenPerSecond), passes(tenPerSecond)]).toEqual([true, true, false])
  const rare = { name: 'rare', quota: 1, windowMs: 1000 }
  expect([passes(rare), passes(rare)]).toEqual([true, false])
  time.nowMs += 3_999
  expect(passes(rare)).toBe(false)
  time.nowMs += 1
  expect(passes(rare)).toBe(true)
})

test('a share lets a dear request pass as well, if the whole rate would, and then has it wait the longer', () => {
  const { limiter, time } = limiterAt({ instances: 4 })
  const rate = { ...tenPerSecond, burst: 5 }
  const passes = (cost: number) => limiter.take([charge({ rate, cost })]).isAllowed
  expect([passes(6), passes(5), passes(5), passes(1)]).toEqual([false, true, false, false])
  time.nowMs += 1_999
  expect(passes(5)).toBe(false)
  time.nowMs += 1
  expect(passes(5)).toBe(true)
})

test('never more than the burst and the rate together, whenever requests come', () => {
  assert(
    property(array(integer({ min: 0, max: 400 }), { maxLength: 300 }), (pausesMs) => {
      const { limiter, time } = limiterAt()
      const passedAtMs: number[] = []
      for (const pauseMs of pausesMs) {
        time.nowMs += pauseMs
        if (limiter.take([charge()]).isAllowed) passedAtMs.push(time.nowMs)
      }
      for (const [i, fromMs] of passedAtMs.entries()) {
        for (let j = i; j < passedAtMs.length; j++) {
          const spanMs = (passedAtMs[j] ?? 0) - fromMs
          expect(j - i + 1).toBeLessThanOrEqual(10 + spanMs / 100 + 1e-6)
        }
      }
    }),
    { seed: 11, numRuns: 60 },
  )
})

test('a flood of keys is bounded and forgets nobody who is near the limit first', () => {
  const { limiter } = limiterAt({ maxKeys: 1000 })
  for (let i = 0; i < 10; i++) limiter.take([charge({ key: 'greedy' })])
  for (let i = 0; i < 5_000; i++) limiter.take([charge({ key: `k${i}` })])
  expect(limiter.status().keys).toBe(1000)
  expect(limiter.take([charge({ key: 'greedy' })]).isAllowed).toBe(false)
})

test('a newcomer is counted even where all others owe more', () => {
  const { limiter } = limiterAt({ maxKeys: 2 })
  for (const key of ['a', 'b']) limiter.take([charge({ key, cost: 10 })])
  expect(limiter.take([charge({ key: 'c' })]).decisions[0]?.remaining).toBe(9)
  expect(limiter.take([charge({ key: 'c' })]).decisions[0]?.remaining).toBe(8)
})

test('keys whose time has passed make room for those that come', () => {
  const { limiter, time } = limiterAt({ maxKeys: 100_000 })
  for (let i = 0; i < 1000; i++) limiter.take([charge({ key: `old${i}` })])
  time.nowMs += 1_001
  for (let i = 0; i < 1100; i++) limiter.take([charge({ key: `new${i}` })])
  expect(limiter.status().keys).toBe(1100)
})
