import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { membersNamed, settled, testPool, type Call, type TestPool } from './testing-pool.ts'
import { testContext } from './testing.ts'

const refuse = (call: Call): void => call.fail('UPSTREAM_UNREACHABLE', false)
const reset = (call: Call): void => call.fail('UPSTREAM_RESET')
const silence = (): void => {}

const counts = ({ at }: TestPool): number[] => ['a', 'b', 'c'].map((name) => at(name).calls.length)

const timeout = (call: Call): void => call.fail('UPSTREAM_TIMEOUT')

const put = (method: string) => ({ method, body: Readable.from([Buffer.from('hel'), Buffer.from('lo')]) })

/** As a transport does that sends it. */
const readContent = async (call: Call): Promise<Call> => {
  for await (const part of call.request.body as Readable) call.options.retained?.note(part as Buffer)
  return call
}

const busy = (call: Call): void => call.respond(503, { 'retry-after': '5' })

describe('what is retried', () => {
  it('a request nobody received, with another member, whatever its method', async () => {
    const test = testPool()
    test.at('a').answer = refuse
    const context = testContext()
    expect((await test.ask({ method: 'POST', body: Readable.from(['x']) }, context)).status).toBe(200)
    expect(counts(test)).toEqual([1, 1, 0])
    expect(context.facts).toEqual({ upstream: 'b', attempts: 2 })
    expect(test.pool.counters).toMatchObject({ requests: 1, retries: 1 })
  })

  it.each([
    ['GET', true],
    ['PUT', true],
    ['DELETE', true],
    ['POST', false],
    ['PATCH', false],
  ])('a %s that may have been received: %s', async (method, isRetried) => {
    const test = testPool()
    test.at('a').answer = reset
    const answer = await test.ask({ method }).catch((error: unknown) => error)
    expect(answer).toMatchObject(isRetried ? { status: 200 } : { code: 'UPSTREAM_RESET' })
    expect(test.asked).toEqual([isRetried ? 'b' : 'a'])
  })

  it.each([
    ['PUT', 5, true],
    ['PUT', 4, false],
    ['PUT', 0, false],
    ['POST', 5, false],
  ])('a %s whose content was read, with %i bytes kept: %s', async (method, maxBufferedBytes, isRetried) => {
    const test = testPool({ retry: { maxBufferedBytes } })
    test.at('a').answer = async (call) => reset(await readContent(call))
    const answer = await test.ask(put(method)).catch((error: unknown) => error)
    expect(answer).toMatchObject(isRetried ? { status: 200 } : { code: 'UPSTREAM_RESET' })
  })

  it.each([
    [5, true],
    [4, false],
  ])('what a member refused having read it, whatever its method, with %i bytes kept: %s', async (bytes, isRetried) => {
    const test = testPool({ retry: { maxBufferedBytes: bytes } })
    test.at('a').answer = async (call) => refuse(await readContent(call))
    const answer = await test.ask(put('POST')).catch((error: unknown) => error)
    expect(answer).toMatchObject(isRetried ? { status: 200 } : { code: 'UPSTREAM_UNREACHABLE' })
  })

  it('the statuses that settings name, their content let go of', async () => {
    const test = testPool({ retry: { on: ['502', '504'] } })
    const body = new Readable({ read() {} })
    test.at('a').answer = (call) => call.respond(502, {}, body)
    test.at('b').answer = (call) => call.respond(503)
    expect((await test.ask()).status).toBe(503)
    expect(body.destroyed).toBe(true)
    expect(counts(test)).toEqual([1, 1, 0])
  })

  it.each([
    ['GET', {}, true],
    ['POST', {}, false],
    ['GET', { on: ['reset'] }, false],
  ])('silence: a %s with %j: %s', async (method, settings, isRetried) => {
    const test = testPool({ retry: { perTryTimeoutMs: 50, ...settings } })
    test.at('a').answer = timeout
    const answer = await test.ask({ method }).catch((error: unknown) => error)
    expect(answer).toMatchObject(isRetried ? { status: 200 } : { code: 'UPSTREAM_TIMEOUT' })
    expect(test.at('b').calls.map(({ options }) => options.firstByteTimeoutMs)).toEqual(isRetried ? [50] : [])
  })

  it('no silence of the last member: who is slow would have the same work again', async () => {
    const test = testPool()
    for (const name of ['a', 'b', 'c']) test.at(name).answer = timeout
    await expect(test.ask()).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    const alone = testPool({ members: membersNamed('a') })
    alone.at('a').answer = timeout
    await expect(alone.ask()).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    expect([counts(test), alone.at('a').calls.length]).toEqual([[1, 1, 1], 1])
  })

  it('nothing when the client has gone', async () => {
    const test = testPool()
    const client = new AbortController()
    test.at('a').answer = (call) => {
      client.abort()
      reset(call)
    }
    await expect(test.ask({}, testContext({ signal: client.signal }))).rejects.toMatchObject({ code: 'UPSTREAM_RESET' })
    expect(counts(test)).toEqual([1, 0, 0])
    expect(test.pool.status().retryBudget).toBe(100)
  })

  it('no client error and no answer of another kind', async () => {
    const test = testPool()
    test.at('a').answer = (call) => call.fail('BAD_REQUEST', false)
    await expect(test.ask()).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    test.at('b').answer = (call) => call.respond(500)
    expect((await test.ask()).status).toBe(500)
  })
})

describe('how often', () => {
  it('as many attempts as settings allow, each with another member while there is one', async () => {
    const test = testPool({ retry: { maxAttempts: 4 } })
    for (const name of ['a', 'b', 'c']) test.at(name).answer = reset
    await expect(test.ask()).rejects.toMatchObject({ code: 'UPSTREAM_RESET' })
    expect(counts(test).toSorted((a, b) => a - b)).toEqual([1, 1, 2])
    const once = testPool({ retry: { maxAttempts: 1 } })
    once.at('a').answer = refuse
    await expect(once.ask()).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' })
  })

  it('gives a whole pool that is dead a fifth more than its requests, not times more', async () => {
    const test = testPool({ outlierDetection: { consecutive5xx: 0, consecutiveGatewayErrors: 0 } })
    for (const name of ['a', 'b', 'c']) test.at(name).answer = refuse
    for (let i = 0; i < 1000; i++) await test.ask().catch(() => {})
    const attempts = counts(test).reduce((sum, count) => sum + count, 0)
    // What was saved for ten seconds, then 20 %.
    expect(attempts).toBe(1000 + 100 + 200)
    expect(test.pool.counters.retriesRefused).toBeGreaterThan(500)
    await test.time.advance(1000)
    expect(test.pool.status().retryBudget).toBe(10)
  })

  it('at most so many at a time', async () => {
    const test = testPool({ circuitBreaker: { maxRetries: 1 } })
    test.at('a').answer = refuse
    test.at('b').answer = silence
    test.at('c').answer = silence
    const first = test.ask()
    await settled()
    expect(test.pool.retriesInFlight).toBe(1)
    await expect(Promise.race([test.ask(), test.ask()])).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' })
    test.at('b').calls[0]?.respond()
    expect((await first).status).toBe(200)
    expect(test.pool.retriesInFlight).toBe(0)
  })
})

describe('how soon', () => {
  it('after pauses that grow to a bound, by as much as chance says', async () => {
    const test = testPool({ retry: { maxAttempts: 4, backoffBaseMs: 100, backoffMaxMs: 150 } }, { random: () => 0.5 })
    for (const name of ['a', 'b', 'c']) test.at(name).answer = reset
    const answer = test.ask().catch(() => 'failed')
    const pauses: (number | undefined)[] = []
    for (let i = 0; i < 3; i++) {
      await settled()
      pauses.push(test.time.delays[0])
      await test.time.advance(test.time.delays[0] ?? 0)
    }
    expect(pauses).toEqual([50, 75, 75])
    expect(await answer).toBe('failed')
  })

  it('at once when nobody was burdened, and not at all when all are full', async () => {
    const test = testPool({ retry: { backoffBaseMs: 100, maxAttempts: 4 } }, { random: () => 0.5 })
    for (const name of ['a', 'b']) test.at(name).answer = refuse
    expect((await test.ask()).status).toBe(200)
    test.at('c').answer = refuse
    void test.ask().catch(() => {})
    await settled()
    // Whom to ask next has been asked before.
    expect(test.time.delays).toEqual([125])
    const full = testPool({ retry: { maxAttempts: 10 } })
    for (const name of ['a', 'b', 'c']) full.at(name).answer = (call) => call.fail('UPSTREAM_OVERLOADED', false)
    await expect(full.ask()).rejects.toMatchObject({ code: 'UPSTREAM_OVERLOADED' })
    expect(counts(full)).toEqual([1, 1, 1])
  })

  it('ends its pause when the client goes away', async () => {
    const test = testPool({ retry: { backoffBaseMs: 100 } }, { random: () => 0.5 })
    test.at('a').answer = reset
    const client = new AbortController()
    const answer = test.ask({}, testContext({ signal: client.signal }))
    await settled()
    client.abort()
    await expect(answer).rejects.toMatchObject({ code: 'UPSTREAM_RESET' })
    expect(test.time.delays).toEqual([])
    expect(counts(test)).toEqual([1, 0, 0])
  })

  it('not when the deadline for everything comes first, and with what is left of it', async () => {
    const test = testPool(
      { timeouts: { totalMs: 100 }, retry: { backoffBaseMs: 60, maxAttempts: 5 } },
      { random: () => 0.99 },
    )
    for (const name of ['a', 'b', 'c']) test.at(name).answer = reset
    const answer = test.ask().catch((error: unknown) => error)
    await settled()
    await test.time.advance(60)
    expect(await answer).toMatchObject({ code: 'UPSTREAM_RESET' })
    expect(counts(test)).toEqual([1, 1, 0])
    expect(test.at('a').calls[0]?.options.totalTimeoutMs).toBeUndefined()
    expect(test.at('b').calls[0]?.options.totalTimeoutMs).toBeCloseTo(100 - 59.4)
  })

  it('not with a member that said when to come back', async () => {
    const test = testPool({ retry: { maxAttempts: 5 } })
    for (const name of ['a', 'b', 'c']) test.at(name).answer = busy
    const response = await test.ask()
    expect([response.status, response.fields.get('retry-after')]).toEqual([503, '5'])
    expect(counts(test)).toEqual([1, 1, 1])
  })

  it('not with a member that has answered: the answer stands when nobody else is left', async () => {
    const test = testPool({ retry: { maxAttempts: 5 } })
    for (const name of ['a', 'b', 'c']) test.at(name).answer = (call) => call.respond(503)
    expect((await test.ask()).status).toBe(503)
    expect(counts(test)).toEqual([1, 1, 1])
  })
})
