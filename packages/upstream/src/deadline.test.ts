/** What is left for each attempt, and what the next hop is told of it. */
import { Fields, requestTimeoutField, type HttpContext } from '@roundtrip/http'
import { compose } from '@roundtrip/pipeline'
import { describe, expect, it } from 'vitest'
import { balance } from './balance.ts'
import { circuitBreaker } from './circuit-breaker.ts'
import { deadline, type DeadlineOptions } from './deadline.ts'
import { forward } from './forward.ts'
import { hedge } from './hedge.ts'
import { retry } from './retry.ts'
import type { PoolSettingsInput } from './settings/pool-settings.ts'
import { testPool } from './testing-pool.ts'
import { testContext, testRequest } from './testing.ts'

const field = 'x-envoy-expected-rq-timeout-ms'

/** A thousand milliseconds for members that keep silent until told otherwise. */
const start = (settings: PoolSettingsInput = {}, options: Partial<DeadlineOptions> = {}) => {
  const { pool, time, at } = testPool(settings)
  for (const name of ['a', 'b', 'c']) at(name).answer = () => {}
  const handler = compose(
    [
      ['retry', retry(pool)],
      ['deadline', deadline({ timeoutMs: () => 1000, heedsSender: false, ...options })],
      ['hedge', hedge(pool)],
      ['balance', balance(pool)],
      ['circuit-breaker', circuitBreaker(pool)],
    ],
    ['forward', forward()],
  )
  const beganMs = time.nowMs
  const context: HttpContext = Object.defineProperty(testContext(), 'elapsedMs', {
    get: () => time.nowMs - beganMs,
  })
  const ask = (given?: string) => {
    const fields = Fields.of(given === undefined ? {} : { [field]: given })
    return { fields, answer: Promise.resolve(handler(testRequest({ fields }), context)) }
  }
  const callsTo = (name: string) =>
    at(name).calls.map(({ request, options: { firstByteTimeoutMs: waitMs } }) => ({
      toldMs: Number(request.fields.get(requestTimeoutField)),
      waitMs,
    }))
  return { time, at, ask, callsTo }
}

describe('the deadline', () => {
  it('is told to the next hop, a little sooner than it is waited for', async () => {
    const { time, ask, callsTo } = start()
    await time.advance(100)
    ask()
    expect(callsTo('a')).toEqual([{ toldMs: 850, waitMs: 900 }])
  })

  it.each<[string, Partial<DeadlineOptions>, string, number]>([
    ['shorter when a hop of ours says so', { heedsSender: true }, '500', 450],
    ['not longer', { heedsSender: true }, '5000', 950],
    ['its own when the sender says nothing of use', { heedsSender: true }, 'soon', 950],
    ['its own whatever a client says', {}, '1', 950],
    ['never nothing', { heedsSender: true }, '1', 1],
  ])('is %s', async (_what, options, given, toldMs) => {
    const { ask, callsTo } = start({}, options)
    const { fields } = ask(given)
    expect(callsTo('a')).toEqual([expect.objectContaining({ toldMs })])
    expect(fields.get(requestTimeoutField)).toBe(given) // The layers above keep the request as it came.
  })

  it('leaves less to each further attempt', async () => {
    const { time, at, ask, callsTo } = start()
    const { answer } = ask()
    await time.advance(300)
    at('a').calls[0]?.respond(503)
    await time.advance(100)
    expect(callsTo('b')).toEqual([{ toldMs: 650, waitMs: 700 }])
    at('b').calls[0]?.respond()
    expect((await answer).status).toBe(200)
  })

  it('keeps an attempt from being begun when it has passed', async () => {
    const { time, at, ask, callsTo } = start({ retry: { on: ['timeout'] } })
    const { answer } = ask()
    const failed = answer.catch((error: unknown) => error)
    await time.advance(1000)
    at('a').calls[0]?.fail('UPSTREAM_TIMEOUT')
    await time.advance(100)
    expect(await failed).toMatchObject({ code: 'DEADLINE_EXCEEDED', status: 504 })
    expect([...callsTo('b'), ...callsTo('c')]).toEqual([])
  })

  it('is no reason to wait longer for one attempt than its pool wants', () => {
    const { ask, callsTo } = start({ retry: { perTryTimeoutMs: 200 } })
    ask()
    expect(callsTo('a')).toEqual([{ toldMs: 180, waitMs: 200 }])
  })

  it('leaves time for others when one attempt may not take all of it', async () => {
    const { time, at, ask, callsTo } = start({}, { attemptTimeoutMs: () => 600 })
    const { answer } = ask()
    expect(callsTo('a')).toEqual([{ toldMs: 550, waitMs: 600 }])
    await time.advance(600)
    at('a').calls[0]?.fail('UPSTREAM_TIMEOUT')
    await time.advance(10)
    expect(callsTo('b')).toEqual([{ toldMs: 360, waitMs: 400 }])
    at('b').calls[0]?.respond()
    expect((await answer).status).toBe(200)
  })

  it('is the same for attempts side by side', async () => {
    const { time, ask, callsTo, at } = start({ hedge: { delayMs: 20 } })
    const { answer } = ask()
    await time.advance(20)
    expect(callsTo('b')).toEqual(callsTo('a'))
    at('b').calls[0]?.respond()
    expect((await answer).status).toBe(200)
  })
})
