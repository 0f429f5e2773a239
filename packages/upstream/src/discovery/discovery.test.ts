import { describe, expect, it } from 'vitest'
import { settled, testPool, type TestPool } from '../testing-pool.ts'
import type { LookupResult } from './dns-lookup.ts'

const dns = { name: 'app.roundtrip.test', port: 8080, minTtlMs: 1000, maxTtlMs: 60_000 }

const answer = (ttlMs: number, ...addresses: string[]): LookupResult => ({
  endpoints: addresses.map((address) => ({ origin: `http://${address}:8080`, weight: 1 })),
  ttlMs,
})

/** A pool whose lookups the test answers. */
const start = (random = 0) => {
  const lookups: PromiseWithResolvers<LookupResult>[] = []
  const test = testPool(
    { members: [], dns, slowStartMs: 10_000 },
    {
      random: () => random,
      discover: () => {
        const lookup = Promise.withResolvers<{ endpoints: { origin: string; weight: number }[]; ttlMs: number }>()
        lookups.push(lookup as never)
        return lookup.promise
      },
    },
  )
  test.pool.start()
  return { test, lookups }
}

const names = ({ pool }: TestPool): string[] => pool.status().members.map(({ name }) => name)

/** The pool's own sweep comes every second: what is left is the next lookup. */
const nextLookupMs = ({ time }: TestPool): number | undefined => time.delays.findLast((delayMs) => delayMs !== 1000)

describe('members found by name', () => {
  it('are those of the answer, asked for again when it expires', async () => {
    const { test, lookups } = start()
    await expect(test.ask()).rejects.toMatchObject({ code: 'NO_HEALTHY_UPSTREAM' })
    lookups[0]?.resolve(answer(30_000, '192.0.2.1', '192.0.2.2'))
    await settled()
    expect(names(test)).toEqual(['192.0.2.1:8080', '192.0.2.2:8080'])
    expect(test.pool.status().members.map(({ share }) => share)).toEqual([0.5, 0.5])
    await test.time.advance(29_999)
    expect(lookups).toHaveLength(1)
    await test.time.advance(1)
    lookups[1]?.resolve(answer(30_000, '192.0.2.2', '192.0.2.3'))
    await settled()
    expect(names(test)).toEqual(['192.0.2.2:8080', '192.0.2.3:8080'])
    // New ones begin slowly; those that vanished finish what they have.
    expect(test.pool.status().members[1]?.share).toBeLessThan(0.1)
    expect(test.at('192.0.2.1:8080').isDestroyed).toBe(false)
    test.at('192.0.2.1:8080').finish()
    await settled()
    expect(test.at('192.0.2.1:8080').isDestroyed).toBe(true)
    test.pool.stop()
  })

  it('are kept while nobody answers, and when an answer is empty; said once', async () => {
    const { test, lookups } = start()
    lookups[0]?.resolve(answer(5000, '192.0.2.1'))
    await test.time.advance(5000)
    lookups[1]?.reject(new Error('no resolver'))
    await test.time.advance(1000)
    lookups[2]?.resolve(answer(5000))
    await test.time.advance(5000)
    expect(names(test)).toEqual(['192.0.2.1:8080'])
    expect(test.lines).toEqual(['web: members could not be looked up, those known are kept'])
    expect(test.pool.status().discovery).toEqual({ lastAnswerAt: 1_000_000, failure: 'the name has no addresses' })
    lookups[3]?.resolve(answer(5000, '192.0.2.9'))
    await settled()
    expect(names(test)).toEqual(['192.0.2.9:8080'])
    expect(test.pool.status().discovery?.failure).toBeUndefined()
    test.pool.stop()
  })

  it('make the pool ready once they have been looked for, found or not', async () => {
    for (const end of ['resolve', 'reject'] as const) {
      const { test, lookups } = start()
      let isReady = false
      const ready = test.pool.ready().then(() => (isReady = true))
      await settled()
      expect(isReady).toBe(false)
      if (end === 'resolve') lookups[0]?.resolve(answer(5000, '192.0.2.1'))
      else lookups[0]?.reject(new Error('no resolver'))
      await ready
      test.pool.stop()
    }
    await testPool().pool.ready()
  })

  it.each([
    [0, 10, 1000],
    [0, Infinity, 60_000],
    [0.5, 20_000, 19_000],
  ])('are asked for within bounds, a little early: random %s, TTL %s ms', async (random, ttlMs, expected) => {
    const { test, lookups } = start(random)
    lookups[0]?.resolve(answer(ttlMs, '192.0.2.1'))
    await settled()
    expect(nextLookupMs(test) ?? 1000).toBe(expected)
    test.pool.stop()
  })

  it('are no longer asked for when the pool stops, or its settings drop the name', async () => {
    const { test, lookups } = start()
    lookups[0]?.resolve(answer(5000, '192.0.2.1'))
    await settled()
    const { dns: _dns, ...without } = test.pool.settings
    test.pool.update(without)
    expect(names(test)).toEqual([])
    await test.time.advance(120_000)
    expect(lookups).toHaveLength(1)
    test.pool.stop()
    expect(test.pool.status().discovery).toBeUndefined()
  })
})
