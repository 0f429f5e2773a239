import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { settled, testPool, type TestPool } from './testing-pool.ts'
import { testContext } from './testing.ts'

const silence = (): void => {}

/** `a` keeps silent until told otherwise, and so does `b`. */
const slow = (settings: object = {}): TestPool => {
  const test = testPool({ hedge: { delayMs: 20 }, ...settings })
  for (const name of ['a', 'b', 'c']) test.at(name).answer = silence
  return test
}

const callOf = ({ at }: TestPool, name: string) => at(name).calls[0]

describe('hedging', () => {
  it('asks a second member after the delay, and calls the loser off', async () => {
    const test = slow()
    const context = testContext()
    const answer = test.ask({}, context)
    await test.time.advance(19)
    expect(callOf(test, 'b')).toBeUndefined()
    await test.time.advance(1)
    callOf(test, 'b')?.respond(200, { from: 'b' })
    expect((await answer).fields.get('from')).toBe('b')
    expect(callOf(test, 'a')?.options.signal?.aborted).toBe(true)
    expect(callOf(test, 'b')?.options.signal?.aborted).toBe(false)
    expect(context.facts['upstream']).toBe('b')
    await settled()
    // Being called off is nothing to hold against a member.
    const [a, b] = test.pool.status().members
    expect(a).toMatchObject({ inFlight: 0, counters: { requests: 1, failures: {}, hedges: 0 } })
    expect(b).toMatchObject({ inFlight: 0, counters: { requests: 1, hedges: 1 } })
    expect(test.pool.counters).toMatchObject({ requests: 1, hedges: 1, retries: 0 })
    expect(test.pool.retriesInFlight).toBe(0)
  })

  it('takes the first member after all when that answers first', async () => {
    const test = slow()
    const context = testContext()
    const answer = test.ask({}, context)
    await test.time.advance(20)
    callOf(test, 'a')?.respond(200, { from: 'a' })
    expect((await answer).fields.get('from')).toBe('a')
    expect(callOf(test, 'b')?.options.signal?.aborted).toBe(true)
    expect(context.facts['upstream']).toBe('a')
  })

  it('asks nobody else when the answer comes in time', async () => {
    const test = slow()
    const answer = test.ask()
    await settled()
    callOf(test, 'a')?.respond()
    await answer
    expect(test.time.delays).toEqual([])
  })

  it('waits for the other when one answers badly, and takes the bad answer when the other does no better', async () => {
    const test = slow({ retry: { on: [] } })
    const answer = test.ask()
    await test.time.advance(20)
    const body = new Readable({ read() {} })
    callOf(test, 'b')?.respond(500, {}, body)
    await settled()
    callOf(test, 'a')?.respond(200)
    expect((await answer).status).toBe(200)
    expect(body.destroyed).toBe(true)

    const worse = slow({ retry: { on: [] } })
    const bad = worse.ask()
    await worse.time.advance(20)
    callOf(worse, 'b')?.respond(500)
    await settled()
    callOf(worse, 'a')?.fail('UPSTREAM_RESET')
    expect((await bad).status).toBe(500)
  })

  it('leaves what fails before the delay to retry, and what fails on both sides too', async () => {
    const test = slow({ retry: { maxAttempts: 3, on: ['reset'] } })
    const answer = test.ask()
    await settled()
    callOf(test, 'a')?.fail('UPSTREAM_RESET')
    await settled()
    expect(callOf(test, 'b')?.options.signal?.aborted).toBe(false)
    callOf(test, 'b')?.respond()
    expect((await answer).status).toBe(200)
    expect(test.pool.counters).toMatchObject({ hedges: 0, retries: 1 })
  })

  it('is paid for by the budget, and needs somebody who was not asked yet', async () => {
    const poor = slow({ retry: { budgetPercent: 0, budgetMinPerSecond: 0 } })
    void poor.ask()
    await poor.time.advance(20)
    expect(callOf(poor, 'b')).toBeUndefined()
    expect(poor.pool.counters.retriesRefused).toBe(1)
    const alone = testPool({ members: [{ origin: 'http://a' }], hedge: { delayMs: 20 } })
    alone.at('a').answer = silence
    void alone.ask()
    await alone.time.advance(20)
    expect(alone.at('a').calls).toHaveLength(1)
  })

  it('is only for requests that change nothing', async () => {
    const test = slow()
    void test.ask({ method: 'PUT' })
    void test.ask({ method: 'POST' })
    await test.time.advance(20)
    expect(test.pool.counters.hedges).toBe(0)
  })

  it('waits as long as most answers take, once enough are known', async () => {
    const test = testPool({ hedge: { percentile: 90, minDelayMs: 1 } })
    const a = test.at('a')
    for (const name of ['a', 'b', 'c']) test.at(name).answer = silence
    void test.ask()
    await settled()
    expect(test.time.delays).toEqual([])
    for (let ms = 1; ms <= 100; ms++) test.pool.latencies.observe(ms)
    void test.ask()
    await settled()
    expect(test.time.delays[0]).toBeGreaterThanOrEqual(90)
    expect(test.time.delays[0]).toBeLessThan(99)
    expect(a.calls).toHaveLength(1)
  })
})
