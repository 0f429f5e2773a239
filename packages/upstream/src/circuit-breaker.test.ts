import { describe, expect, it } from 'vitest'
import { membersNamed, settled, testPool } from './testing-pool.ts'

const silence = (): void => {}

describe('most requests in flight to a member', () => {
  it('are kept, the others go to another member or fail fast', async () => {
    const test = testPool({ members: membersNamed('a', 'b'), circuitBreaker: { maxRequests: 1 } })
    test.at('a').answer = silence
    test.at('b').answer = silence
    void test.ask()
    void test.ask()
    await settled()
    await expect(test.ask()).rejects.toMatchObject({
      code: 'UPSTREAM_OVERLOADED',
      status: 503,
      details: { sent: false },
    })
    expect(test.pool.counters.overflows).toBe(2)
    expect([test.at('a').calls.length, test.at('b').calls.length]).toEqual([1, 1])
    test.at('b').calls[0]?.respond()
    test.at('b').answer = (call) => call.respond()
    await settled()
    expect((await test.ask()).status).toBe(200)
  })

  it('and those who wait are bounded by the transport, as settings say', () => {
    const test = testPool({ circuitBreaker: { maxConnections: 7, maxPending: 9 }, timeouts: { queueMs: 11 } })
    expect(test.at('a').options).toMatchObject({ maxConnections: 7, maxWaiting: 9, timeouts: { queueTimeoutMs: 11 } })
  })
})

describe('a pool that fails as a whole', () => {
  const circuitBreaker = { failurePercent: 50, minRequests: 10, windowMs: 10_000, openMs: 5000 }
  const settings = { members: membersNamed('a'), retry: { maxAttempts: 1 }, circuitBreaker }

  const failing = async () => {
    const test = testPool(settings)
    for (let i = 0; i < 5; i++) await test.ask()
    test.at('a').answer = (call) => call.respond(503)
    for (let i = 0; i < 5; i++) await test.ask()
    return test
  }

  it('is left alone, then tried by one request at a time', async () => {
    const test = await failing()
    expect(test.pool.status().circuit).toBe('open')
    await expect(test.ask()).rejects.toMatchObject({ code: 'UPSTREAM_CIRCUIT_OPEN', status: 503 })
    expect(test.at('a').calls).toHaveLength(10)
    await test.time.advance(5000)
    expect(test.pool.status().circuit).toBe('half-open')
    test.at('a').answer = silence
    const probe = test.ask()
    await expect(test.ask()).rejects.toMatchObject({ code: 'UPSTREAM_CIRCUIT_OPEN' })
    test.at('a').calls.at(-1)?.respond()
    await probe
    expect(test.pool.status().circuit).toBe('closed')
  })

  it('is left alone again when the probe fails; a probe that says nothing is made again', async () => {
    const test = await failing()
    await test.time.advance(5000)
    expect((await test.ask()).status).toBe(503)
    expect(test.pool.status().circuit).toBe('open')
    await test.time.advance(5000)
    test.at('a').answer = (call) => call.fail('CLIENT_CLOSED_REQUEST')
    await expect(test.ask()).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
    test.at('a').answer = (call) => call.respond()
    expect((await test.ask()).status).toBe(200)
    expect(test.pool.status().circuit).toBe('closed')
  })

  it.each([200, 503, 'nothing'] as const)(
    'is judged by its probe alone: a late answer before it tells %s',
    async (late) => {
      const test = testPool(settings)
      test.at('a').answer = silence
      const slow = test.ask()
      await settled()
      const [before] = test.at('a').calls
      test.at('a').answer = (call) => call.respond(503)
      for (let i = 0; i < 10; i++) await test.ask()
      await test.time.advance(5000)
      test.at('a').answer = silence
      const probe = test.ask()
      await settled()
      if (late === 'nothing') before?.fail('CLIENT_CLOSED_REQUEST')
      else before?.respond(late)
      await Promise.allSettled([slow])
      expect(test.pool.status().circuit).toBe('half-open')
      await expect(test.ask()).rejects.toMatchObject({ code: 'UPSTREAM_CIRCUIT_OPEN' })
      test.at('a').calls.at(-1)?.respond()
      await probe
      expect(test.pool.status().circuit).toBe('closed')
    },
  )

  it('is told by the recent past only, and by enough of it', async () => {
    const test = testPool(settings)
    test.at('a').answer = (call) => call.respond(500)
    for (let i = 0; i < 9; i++) await test.ask()
    expect(test.pool.status().circuit).toBe('closed')
    await test.time.advance(11_000)
    await test.ask()
    expect(test.pool.status().circuit).toBe('closed')
  })

  it('is asked on unless settings say so', async () => {
    const test = testPool({ ...settings, circuitBreaker: {} })
    test.at('a').answer = (call) => call.respond(500)
    for (let i = 0; i < 100; i++) await test.ask()
    expect(test.pool.status().circuit).toBe('closed')
  })
})
