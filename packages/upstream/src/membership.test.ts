import type { RoundtripError } from '@roundtrip/errors'
import type { HttpResponse } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { poolSettingsOf, type PoolSettingsInput } from './settings/pool-settings.ts'
import { membersNamed, settled, testPool, type Call, type TestPool } from './testing-pool.ts'

const checkedBy = (healthCheck: object | undefined): PoolSettingsInput => ({
  members: membersNamed('a', 'b'),
  slowStartMs: 10_000,
  ...(healthCheck !== undefined && { healthCheck: { intervalMs: 1000, rise: 3, fall: 3, ...healthCheck } }),
})

/** All members have been healthy before those checks fail that `isSick` names. */
const startChecked = async (isSick: (host: string, target: string) => boolean) => {
  let hasBegun = false
  const test = testPool(checkedBy({ path: '/old' }), {
    answer: (host, call) => call.respond(hasBegun && isSick(host, call.request.target) ? 404 : 200),
  })
  test.pool.start()
  await test.time.advance(1000)
  hasBegun = true
  await test.time.advance(5000)
  return {
    ...test,
    states: () => test.pool.status().members.map(({ state }) => state),
    update: (healthCheck: object | undefined) => test.pool.update(poolSettingsOf(checkedBy(healthCheck))),
  }
}

describe('health checks in other settings', () => {
  it('that are gone leave no member out, as if there had never been one', async () => {
    const test = await startChecked((host, target) => host === 'a' && target === '/old')
    expect(test.states()).toEqual(['unhealthy', 'healthy'])
    const [, before] = test.pool.status().members
    test.update(undefined)
    const [back, stayed] = test.pool.status().members
    expect(back).toMatchObject({ state: 'healthy', reason: 'not checked yet', since: test.time.nowMs })
    expect(stayed).toMatchObject({ state: 'healthy', reason: 'not checked yet', since: before?.since })
    // It comes back slowly, like everybody who was out.
    expect(back?.share).toBeCloseTo(0.1 / 1.1)
    await test.time.advance(10_000)
    expect(test.pool.status().members[0]?.share).toBe(0.5)
    test.pool.stop()
  })

  it('that ask otherwise keep what is known until they have spoken; one good answer brings back whom the old ones kept out', async () => {
    const test = await startChecked((host, target) => host === 'a' && target === '/old')
    test.update({ path: '/new' })
    expect(test.states()).toEqual(['unhealthy', 'healthy'])
    await test.time.advance(0)
    expect(test.states()).toEqual(['healthy', 'healthy'])
    test.pool.stop()
  })

  it('that ask otherwise take nobody out before they have failed as often as settings say', async () => {
    const test = await startChecked((_host, target) => target === '/new')
    test.update({ path: '/new' })
    await test.time.advance(0)
    expect(test.states()).toEqual(['healthy', 'healthy'])
    await test.time.advance(2500)
    expect(test.states()).toEqual(['unhealthy', 'unhealthy'])
    test.pool.stop()
  })

  it('that ask the same more often keep counting where they were', async () => {
    let isSick = true
    const test = await startChecked((host) => host === 'a' && isSick)
    isSick = false
    test.update({ path: '/old', intervalMs: 500 })
    await test.time.advance(500)
    expect(test.states()).toEqual(['unhealthy', 'healthy'])
    await test.time.advance(500)
    expect(test.states()).toEqual(['healthy', 'healthy'])
    test.pool.stop()
  })
})

const silence = (): void => {}
const firstOf = ({ pool }: TestPool) => pool.status().members[0]

/** The status of the answer, or the code of the error. */
const outcomeOf = async (asked: Promise<HttpResponse>): Promise<unknown> => {
  try {
    return (await asked).status
  } catch (error) {
    return (error as RoundtripError).code
  }
}

/** Of two members the first has a request that it never answers. */
const startHung = async () => {
  const test = testPool({
    members: membersNamed('a', 'b'),
    drainTimeoutMs: 1000,
    retry: { maxAttempts: 1 },
    outlierDetection: { consecutiveGatewayErrors: 1 },
  })
  test.at('a').answer = silence
  const hung = test.ask()
  await settled()
  return { test, hung }
}

describe('draining a member by hand', () => {
  it('breaks off what has not ended at the deadline, and says until when', async () => {
    const { test, hung } = await startHung()
    const ended = outcomeOf(hung)
    const drained = test.pool.drainMember('a')
    const finishing = { state: 'draining', reason: 'takes no new work, finishes what it has', inFlight: 1 }
    expect(firstOf(test)).toMatchObject({ ...finishing, until: test.time.nowMs + 1000 })
    await test.time.advance(999)
    // Saying it again gives no more time.
    void test.pool.drainMember('a')
    expect(firstOf(test)).toMatchObject({ ...finishing, until: test.time.nowMs + 1 })
    await test.time.advance(1)
    await drained
    expect(await ended).toBe('UPSTREAM_RESET')
    expect(firstOf(test)).toMatchObject({ state: 'draining', reason: 'takes no new work', inFlight: 0 })
    expect(firstOf(test)).not.toHaveProperty('until')
    expect(test.lines).toEqual(['a: what had not ended in 1000 ms was broken off'])
    expect(test.time.delays).toEqual([])
  })

  it('holds nothing against a member that was broken off: restored, it has new connections', async () => {
    const { test, hung } = await startHung()
    const ended = outcomeOf(hung)
    void test.pool.drainMember('a')
    await test.time.advance(1000)
    expect(await ended).toBe('UPSTREAM_RESET')
    const before = test.at('a')
    test.pool.restoreMember('a')
    expect(firstOf(test)).toMatchObject({ state: 'healthy', share: 0.5 })
    expect(test.at('a')).not.toBe(before)
    const answers = await Promise.all([test.ask(), test.ask()])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(test.at('a').calls).toHaveLength(1)
  })

  it('breaks off nothing once the member is restored, or has finished', async () => {
    const { test, hung } = await startHung()
    const drained = test.pool.drainMember('a')
    test.pool.restoreMember('a')
    await test.time.advance(5000)
    expect(test.at('a').isDestroyed).toBe(false)
    const again = test.pool.drainMember('a')
    await test.time.advance(500)
    test.at('a').calls[0]?.respond()
    await Promise.all([drained, again, hung])
    expect(test.time.delays).toEqual([])
    expect(test.at('a').isDestroyed).toBe(false)
  })

  it('ends also what is left on connections that were replaced meanwhile', async () => {
    const { test, hung } = await startHung()
    const ended = outcomeOf(hung)
    const drained = test.pool.drainMember('a')
    await test.time.advance(500)
    test.pool.reconnect()
    await test.time.advance(500)
    await drained
    expect(await ended).toBe('UPSTREAM_RESET')
    expect(firstOf(test)).toMatchObject({ inFlight: 0 })
  })
})

const notFound = (call: Call): void => call.respond(404)

describe('checks that all members fail', () => {
  it('do not stop the work of those who answer; it stops while nobody does', async () => {
    let failCheck = notFound
    const test = testPool(
      { members: membersNamed('a', 'b'), healthCheck: { intervalMs: 1000, timeoutMs: 500 } },
      { answer: (_host, call) => (call.request.target === '/health' ? failCheck(call) : call.respond()) },
    )
    test.pool.start()
    await test.time.advance(3000)
    expect(test.pool.status()).toMatchObject({
      isPanic: true,
      members: [{ state: 'unhealthy' }, { state: 'unhealthy' }],
    })
    expect((await test.ask()).status).toBe(200)
    failCheck = (call) => call.fail('UPSTREAM_UNREACHABLE', false)
    await test.time.advance(2000)
    expect(test.pool.status().isPanic).toBe(false)
    await expect(test.ask()).rejects.toMatchObject({ code: 'NO_HEALTHY_UPSTREAM' })
    failCheck = (call) => call.respond(503)
    await test.time.advance(2000)
    expect((await test.ask()).status).toBe(200)
    test.pool.stop()
  })
})

const forgettingIn = (decayMs: number) => ({ members: membersNamed('a'), balance: { algorithm: 'peak-ewma', decayMs } })

describe('how fast past latency is forgotten', () => {
  it('is as settings say now, for members too that were there before', async () => {
    const test = testPool(forgettingIn(10_000))
    test.at('a').answer = silence
    const slow = test.ask()
    await test.time.advance(1000)
    test.at('a').calls[0]?.respond()
    await slow
    expect(firstOf(test)?.latencyMs).toBe(1000)
    test.pool.update(poolSettingsOf(forgettingIn(10)))
    await test.time.advance(500)
    test.at('a').answer = (call) => call.respond()
    await test.ask()
    expect(firstOf(test)?.latencyMs).toBeLessThan(1)
  })
})
