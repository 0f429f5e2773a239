import { describe, expect, it } from 'vitest'
import { poolSettingsOf, type PoolSettingsInput } from './settings/pool-settings.ts'
import { membersNamed, testPool } from './testing-pool.ts'

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
