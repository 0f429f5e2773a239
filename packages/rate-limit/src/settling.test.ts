/** Several processes that count as one: what each lets through the others hear of, and no more than the rate in the long run. */
import { array, assert, asyncProperty, integer } from 'fast-check'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { Charge, Rate } from './gcra.ts'
import { Ledger, type Spending } from './ledger.ts'
import { LocalLimiter } from './local-limiter.ts'
import type { Settle } from './settling.ts'

const tenPerSecond: Rate = { name: 'default', quota: 10, windowMs: 1000 }
const charge = (overrides: Partial<Charge> = {}): Charge => ({ key: 'a', rate: tenPerSecond, cost: 1, ...overrides })

const clock = (): number => Date.now()

/** Long enough for every process to have reported. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(10)

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  onTestFinished(() => void vi.useRealTimers())
})

const processes = (count: number, instances = 1) => {
  // A process has a clock of its own.
  const ledger = new Ledger({ clock: () => clock() - 777_777 })
  const report: Settle = async (spending) => ledger.enter(structuredClone(spending))
  const limiters = Array.from({ length: count }, (_, i) => {
    return new LocalLimiter({ instances, settle: report, clock: () => clock() + i * 1000 })
  })
  return limiters.map((limiter) => ({ limiter, passes: (one = charge()) => limiter.take([one]).isAllowed }))
}

const countPasses = (passes: () => boolean, times: number): number =>
  Array.from({ length: times }, () => passes()).filter(Boolean).length

test('a client of one process gets its whole quota there', async () => {
  const [first] = processes(8)
  let passed = 0
  for (let i = 0; i < 12; i++) {
    passed += Number(first?.passes())
    await vi.advanceTimersByTimeAsync(1)
  }
  expect(passed).toBe(10)
})

test('what one process let pass the others know, from the first request on that they report', async () => {
  const all = processes(4)
  const [first, ...others] = all.map(({ passes }) => passes)
  expect(first && countPasses(first, 20)).toBe(10)
  await settle()
  expect(others.map((passes) => passes())).toEqual([true, true, true])
  await settle()
  for (const { passes } of all) expect(countPasses(passes, 5)).toBe(0)
  // Three units more than the burst are owed: 13 in all, and 20 ms are paid.
  expect(all[3]?.limiter.take([charge()]).decisions[0]?.retryAfterMs).toBeCloseTo(380)
})

test('a client that keeps to its rate is not refused because of what a report waits for', async () => {
  const [first] = processes(2)
  const rate = { ...tenPerSecond, burst: 1 }
  for (let i = 0; i < 20; i++) {
    expect(first?.passes(charge({ rate }))).toBe(true)
    expect(first?.passes(charge({ rate }))).toBe(false)
    await vi.advanceTimersByTimeAsync(100)
  }
})

test('a share of a limit is that of all processes together', async () => {
  const [first, second] = processes(2, 5)
  expect(first && countPasses(first.passes, 5)).toBe(2)
  expect(second?.passes()).toBe(true)
  await settle()
  expect([first?.passes(), second?.passes()]).toEqual([false, false])
})

test('reports hold all that has come meanwhile, one after the other, and nothing when there is nothing to say', async () => {
  const reports: Spending[] = []
  const answers: ((owedMs: readonly number[]) => void)[] = []
  const limiter = new LocalLimiter({
    clock,
    settle: (spending) => {
      reports.push(spending)
      return new Promise((resolve) => void answers.push(resolve))
    },
  })
  limiter.take([charge({ cost: 2 }), charge({ key: 'b' })])
  limiter.take([charge()])
  limiter.take([charge({ key: 'c', cost: 11 })])
  await settle()
  limiter.take([charge()])
  await settle()
  expect(reports).toEqual([{ keys: ['a', 'b'], spentMs: [300, 100], ageMs: 10 }])
  answers[0]?.([820, 100])
  await settle()
  // 820 ms were owed when the first had passed, 30 ms ago, and one more passed since.
  expect(limiter.take([charge({ cost: 2 })]).decisions[0]).toMatchObject({ isAllowed: false, resetMs: 890 })
  expect(reports[1]).toEqual({ keys: ['a'], spentMs: [100], ageMs: 20 })
  answers[1]?.([1000])
  await settle()
  await settle()
  expect(reports).toHaveLength(2)
})

test('who is not answered counts on alone, and reports again', async () => {
  let asked = 0
  const limiter = new LocalLimiter({ clock, settle: async () => void asked++ })
  for (let i = 0; i < 10; i++) expect(limiter.take([charge()]).isAllowed).toBe(true)
  expect(limiter.take([charge()]).isAllowed).toBe(false)
  await vi.advanceTimersByTimeAsync(100)
  expect([limiter.take([charge()]).isAllowed, asked]).toEqual([true, 1])
  await settle()
  expect(asked).toBe(2)
})

test('never more than the rate in the long run, however requests are spread', async () => {
  const count = 3
  const visit = integer({ min: 0, max: count * 40 - 1 })
  await assert(
    asyncProperty(array(visit, { minLength: 200, maxLength: 400 }), async (visits) => {
      const all = processes(count)
      const startMs = clock()
      let passed = 0
      for (const number of visits) {
        passed += Number(all[number % count]?.passes())
        await vi.advanceTimersByTimeAsync(Math.floor(number / count))
      }
      // Beyond burst and rate, what each other process lets pass until it has heard.
      expect(passed).toBeLessThanOrEqual(10 * count + (clock() - startMs) / 100)
    }),
    { seed: 5, numRuns: 20 },
  )
})
