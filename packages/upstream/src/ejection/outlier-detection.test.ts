import { describe, expect, it } from 'vitest'
import { membersNamed, testPool, type Call, type TestPool } from '../testing-pool.ts'

const fiveHundred = (call: Call): void => call.respond(500)
const badGateway = (call: Call): void => call.respond(502)

const off = { retry: { maxAttempts: 1 } }

const ask = async (test: TestPool, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) await test.ask().catch(() => {})
}

const stateOf = ({ pool }: TestPool, name: string) => pool.status().members.find((member) => member.name === name)

describe('failures in a row', () => {
  it('eject a member, say why and until when, and give its work to the others', async () => {
    const test = testPool({ ...off, outlierDetection: { consecutive5xx: 3, consecutiveGatewayErrors: 0 } })
    test.at('a').answer = fiveHundred
    await ask(test, 3 * 3)
    expect(stateOf(test, 'a')).toMatchObject({
      state: 'ejected',
      reason: '3 errors in a row',
      since: test.time.nowMs,
      until: test.time.nowMs + 30_000,
      share: 0,
      counters: { responses5xx: 3, ejections: 1 },
    })
    const before = test.at('a').calls.length
    await ask(test, 10)
    expect(test.at('a').calls).toHaveLength(before)
    expect(test.lines).toEqual(['a is ejected'])
  })

  it('count gateway errors and failed connections by themselves, and begin anew after a success', async () => {
    const test = testPool({ ...off, outlierDetection: { consecutive5xx: 0, consecutiveGatewayErrors: 3 } })
    const answers = [badGateway, fiveHundred, badGateway, (call: Call) => call.fail('CONNECT_TIMEOUT', false)]
    const more = [(call: Call) => call.respond(404), badGateway, badGateway]
    for (const answer of [...answers, ...more]) {
      test.at('a').answer = answer
      await ask(test, 3)
    }
    expect(stateOf(test, 'a')?.state).toBe('healthy')
    test.at('a').answer = (call) => call.fail('UPSTREAM_RESET')
    await ask(test, 3)
    expect(stateOf(test, 'a')).toMatchObject({ state: 'ejected', reason: '3 gateway errors in a row' })
    expect(stateOf(test, 'a')?.counters.failures).toEqual({ CONNECT_TIMEOUT: 1, UPSTREAM_RESET: 1 })
  })

  it.each(['CLIENT_CLOSED_REQUEST', 'BAD_REQUEST', 'UPSTREAM_OVERLOADED'] as const)('do not count %s', async (code) => {
    const test = testPool(off)
    test.at('a').answer = (call) => call.fail(code)
    await ask(test, 60)
    expect(stateOf(test, 'a')?.state).toBe('healthy')
  })
})

describe('a member that was ejected for what it answered', () => {
  const settings = { ...off, members: membersNamed('a', 'b'), retry: { maxAttempts: 2, backoffBaseMs: 0 } }
  const ejectA = async (answer: (call: Call) => void): Promise<TestPool> => {
    const test = testPool({ ...settings, outlierDetection: { consecutiveGatewayErrors: 2 } })
    test.at('a').answer = answer
    while (stateOf(test, 'a')?.state !== 'ejected') await ask(test, 1)
    test.at('a').answer = (call) => call.respond()
    test.at('b').answer = (call) => call.fail('UPSTREAM_UNREACHABLE', false)
    return test
  }

  it('is asked all the same when all others have failed the request', async () => {
    const test = await ejectA((call) => call.respond(503))
    expect((await test.ask()).status).toBe(200)
    expect(stateOf(test, 'a')?.state).toBe('ejected')
  })

  it('is asked when no others are left', async () => {
    const test = await ejectA((call) => call.respond(503))
    void test.pool.removeMember('http://b')
    expect((await test.ask()).status).toBe(200)
  })

  it('is not asked when it was ejected for silence', async () => {
    const test = await ejectA((call) => call.fail('UPSTREAM_TIMEOUT'))
    await expect(test.ask()).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' })
  })
})

describe('an ejection', () => {
  it('ends by itself, grows each time, and shrinks again with good conduct', async () => {
    const outlierDetection = { consecutive5xx: 1, baseEjectionMs: 5000, maxEjectionMs: 8000, intervalMs: 60_000 }
    const test = testPool({ ...off, slowStartMs: 10_000, outlierDetection })
    test.pool.start()
    test.at('a').answer = fiveHundred
    const lengths: number[] = []
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 40 && stateOf(test, 'a')?.state === 'healthy'; i++) await ask(test, 1)
      lengths.push((stateOf(test, 'a')?.until ?? 0) - test.time.nowMs)
      await test.time.advance(9000)
      expect(stateOf(test, 'a')).toMatchObject({ state: 'healthy' })
      // It takes up its share slowly.
      expect(stateOf(test, 'a')?.share).toBeLessThan(0.33)
    }
    expect(lengths).toEqual([5000, 8000, 8000])
    await test.time.advance(200_000)
    for (let i = 0; i < 40 && stateOf(test, 'a')?.state === 'healthy'; i++) await ask(test, 1)
    expect((stateOf(test, 'a')?.until ?? 0) - test.time.nowMs).toBe(5000)
    test.pool.stop()
  })

  it('stops at a share of the pool, but one always may go; the last never', async () => {
    const outlierDetection = { consecutive5xx: 1, maxEjectedPercent: 40 }
    const test = testPool({
      ...off,
      members: membersNamed('a', 'b', 'c', 'd', 'e'),
      panicThresholdPercent: 0,
      outlierDetection,
    })
    for (const name of ['a', 'b', 'c']) test.at(name).answer = fiveHundred
    await ask(test, 20)
    const ejected = test.pool.status().members.filter(({ state }) => state === 'ejected')
    expect(ejected).toHaveLength(2)
    const pair = testPool({
      ...off,
      members: membersNamed('a', 'b'),
      outlierDetection: { ...outlierDetection, maxEjectedPercent: 0 },
    })
    for (const name of ['a', 'b']) pair.at(name).answer = fiveHundred
    await ask(pair, 10)
    expect(pair.pool.status().members.filter(({ state }) => state === 'ejected')).toHaveLength(1)
    const alone = testPool({ ...off, members: membersNamed('a'), outlierDetection })
    alone.at('a').answer = fiveHundred
    await ask(alone, 10)
    expect(stateOf(alone, 'a')?.state).toBe('healthy')
  })
})

/** Fails every second time. */
const flaky = () => {
  let turn = 0
  return (call: Call): void => call.respond(turn++ % 2 === 0 ? 500 : 200)
}

describe('success rates', () => {
  const outlierDetection = {
    consecutive5xx: 0,
    consecutiveGatewayErrors: 0,
    successRateMinHosts: 5,
    successRateMinRequests: 20,
    intervalMs: 10_000,
  }
  const names = ['a', 'b', 'c', 'd', 'e', 'f']

  it('eject who lies far below the others', async () => {
    const test = testPool({ ...off, members: membersNamed(...names), outlierDetection })
    test.at('a').answer = flaky()
    test.pool.start()
    await ask(test, 6 * 20)
    await test.time.advance(11_000)
    expect(stateOf(test, 'a')).toMatchObject({
      state: 'ejected',
      reason: expect.stringMatching(/^success rate 50 %, below \d+/),
    })
    expect(test.pool.status().members.filter(({ state }) => state === 'healthy')).toHaveLength(5)
    test.pool.stop()
  })

  it('say nothing about too few requests or too few members', async () => {
    const few = testPool({ ...off, members: membersNamed(...names), outlierDetection })
    few.at('a').answer = flaky()
    few.pool.start()
    await ask(few, 6 * 19)
    await few.time.advance(11_000)
    expect(stateOf(few, 'a')?.state).toBe('healthy')
    few.pool.stop()
    const small = testPool({ ...off, outlierDetection })
    small.at('a').answer = flaky()
    small.pool.start()
    await ask(small, 3 * 100)
    await small.time.advance(11_000)
    expect(stateOf(small, 'a')?.state).toBe('healthy')
    small.pool.stop()
  })
})
