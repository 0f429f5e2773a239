import { describe, expect, it, onTestFinished } from 'vitest'
import { testPool, type Call } from '../testing-pool.ts'

const unreachable = (call: Call): void => call.fail('UPSTREAM_UNREACHABLE', false)
const reset = (call: Call): void => call.fail('UPSTREAM_RESET')
const silent = (call: Call): void => call.fail('UPSTREAM_TIMEOUT')
const badGateway = (call: Call): void => call.respond(502)
const garbage = (call: Call): void => call.fail('UPSTREAM_INVALID')
const fine = (call: Call): void => call.respond()

/** Three members, of which a test says how the first one answers requests and checks. */
const start = () => {
  const first = { request: fine, check: fine }
  const test = testPool(
    {
      retry: { maxAttempts: 1 },
      healthCheck: { path: '/health', intervalMs: 2000, fall: 3, rise: 2 },
      outlierDetection: { consecutiveGatewayErrors: 2, baseEjectionMs: 30_000, intervalMs: 10_000 },
    },
    // Checks come exactly when they are due.
    {
      random: () => 0.5,
      answer: (host, call) => {
        const isCheck = call.request.target === '/health'
        if (host === 'a') first[isCheck ? 'check' : 'request'](call)
        else call.respond()
      },
    },
  )
  onTestFinished(() => test.pool.stop())
  test.pool.start()
  const state = () => test.pool.status().members[0]?.state
  const ejectBy = async (...answers: ((call: Call) => void)[]): Promise<void> => {
    for (const answer of answers) {
      first.request = answer
      const before = test.pool.members[0]?.counters.requests
      while (test.pool.members[0]?.counters.requests === before) await test.ask().catch(() => undefined)
    }
    first.request = fine
  }
  return { ...test, first, state, ejectBy }
}

describe('an ejection', () => {
  it.each([
    ['nobody could connect', unreachable, unreachable],
    ['connections broke', reset, reset],
    ['there was silence', silent, silent],
    ['of all of these', unreachable, silent],
  ])('because %s ends when a check is answered', async (_why, ...answers) => {
    const { time, state, ejectBy, lines, pool } = start()
    await time.advance(1000)
    await ejectBy(...answers)
    expect(state()).toBe('ejected')
    await time.advance(999)
    expect(state()).toBe('ejected')
    await time.advance(1)
    expect(state()).toBe('healthy')
    expect(pool.status().members[0]?.share).toBeGreaterThan(0)
    expect(lines).toEqual(['a is ejected', 'a is back after its ejection'])
  })

  it.each([
    ['answers said so', badGateway, badGateway],
    ['of answers that make no sense', garbage, garbage],
    ['of some answers', badGateway, unreachable],
  ])('because %s keeps its time, whatever checks are answered', async (_why, ...answers) => {
    const { time, state, ejectBy } = start()
    await time.advance(1000)
    await ejectBy(...answers)
    await time.advance(29_000)
    expect(state()).toBe('ejected')
    await time.advance(2000)
    expect(state()).toBe('healthy')
  })

  it('is not ended by a check that began before it, nor by one that fails', async () => {
    const { time, state, ejectBy, first } = start()
    const pending: Call[] = []
    first.check = (call) => void pending.push(call)
    await time.advance(2000)
    expect(pending).toHaveLength(1)
    await ejectBy(reset, reset)
    pending[0]?.respond()
    await time.advance(0)
    expect(state()).toBe('ejected')
    first.check = unreachable
    await time.advance(2000)
    expect(state()).toBe('ejected')
    first.check = fine
    await time.advance(2000)
    expect(state()).toBe('healthy')
  })

  it('that follows soon after keeps its time: checks may be all that is answered', async () => {
    const { time, state, ejectBy } = start()
    await time.advance(1000)
    await ejectBy(reset, reset)
    await time.advance(1000)
    expect(state()).toBe('healthy')
    await ejectBy(reset, reset)
    await time.advance(59_000)
    expect(state()).toBe('ejected')
    await time.advance(1000)
    expect(state()).toBe('healthy')
    // Good conduct in between, and it is a first one again.
    await time.advance(30_000)
    await ejectBy(reset, reset)
    await time.advance(2000)
    expect(state()).toBe('healthy')
  })
})
