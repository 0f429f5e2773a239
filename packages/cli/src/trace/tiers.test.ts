import type { ServerTiming } from '@roundtrip/http'
import { array, assert, constantFrom, double, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitWait } from './tiers.ts'

const metric = (name: string, durationMs?: number): ServerTiming => ({
  name,
  ...(durationMs !== undefined && { durationMs }),
})

const brief = (metrics: ServerTiming[], startMs: number, durationMs: number) => {
  const { networkMs, spans } = splitWait(metrics, { startMs, durationMs })
  return {
    networkMs,
    spans: spans.map(({ name, depth, startMs: start, durationMs: dur, selfMs }) => [name, depth, start, dur, selfMs]),
  }
}

describe('the split of the wait', () => {
  it('nests each hop around what stands before it, centred', () => {
    const metrics = [metric('cache', 1), metric('db', 3), metric('app', 8), metric('web', 10), metric('edge', 12)]
    expect(brief(metrics, 100, 20)).toEqual({
      networkMs: 8,
      spans: [
        ['edge', 0, 104, 12, 2],
        ['web', 1, 105, 10, 2],
        ['app', 2, 106, 8, 4],
        ['cache', 3, 108, 1, 1],
        ['db', 3, 109, 3, 3],
      ],
    })
  })

  it('puts a load into the cache that it went through', () => {
    expect(brief([metric('cache', 6), metric('db', 4), metric('app', 8)], 0, 8)).toEqual({
      networkMs: 0,
      spans: [
        ['app', 0, 0, 8, 2],
        ['cache', 1, 1, 6, 2],
        ['db', 2, 2, 4, 4],
      ],
    })
  })

  it('needs not every tier: a static file ends at the web tier', () => {
    expect(brief([metric('web', 2), metric('edge', 4)], 0, 10)).toEqual({
      networkMs: 6,
      spans: [
        ['edge', 0, 3, 4, 2],
        ['web', 1, 4, 2, 2],
      ],
    })
  })

  it('cuts what is longer than what it lies in, and keeps what was reported', () => {
    const { networkMs, spans } = splitWait([metric('db', 30), metric('app', 40), metric('edge', 20)], {
      startMs: 0,
      durationMs: 10,
    })
    expect(networkMs).toBe(0)
    expect(spans.map(({ durationMs, reportedMs }) => [durationMs, reportedMs])).toEqual([
      [10, 20],
      [10, 40],
      [10, 30],
    ])
  })

  it('scales siblings down together', () => {
    const { spans } = splitWait([metric('cache', 10), metric('db', 30), metric('app', 20)], {
      startMs: 0,
      durationMs: 20,
    })
    expect(spans.map(({ name, startMs, durationMs }) => [name, startMs, durationMs])).toEqual([
      ['app', 0, 20],
      ['cache', 0, 5],
      ['db', 5, 15],
    ])
  })

  it('keeps metrics of unknown servers apart', () => {
    const { networkMs, spans, others } = splitWait([metric('cfEdge', 3), metric('hit')], { startMs: 0, durationMs: 10 })
    expect([networkMs, spans, others.map(({ name }) => name)]).toEqual([10, [], ['cfEdge', 'hit']])
  })

  it('takes a tier without a duration, or a negative one, as no time', () => {
    expect(brief([metric('app'), metric('edge', -5)], 0, 4).spans).toEqual([
      ['edge', 0, 2, 0, 0],
      ['app', 1, 2, 0, 0],
    ])
  })

  it('always adds up to the wait, every span inside the one around it', () => {
    const metrics = array(
      record({
        name: constantFrom('edge', 'web', 'app', 'cache', 'db'),
        durationMs: double({ min: 0, max: 1e4, noNaN: true }),
      }),
    )
    assert(
      property(metrics, double({ min: 0, max: 1e4, noNaN: true }), (reported, durationMs) => {
        // A hop at the end, so that everything lies within a tier.
        const { networkMs, spans } = splitWait([...reported, metric('edge', durationMs / 2)], {
          startMs: 0,
          durationMs,
        })
        const sum = networkMs + spans.reduce((total, { selfMs }) => total + selfMs, 0)
        expect(sum).toBeCloseTo(durationMs, 6)
        for (const { startMs, durationMs: ms, selfMs } of spans) {
          expect(selfMs).toBeGreaterThanOrEqual(0)
          expect(startMs).toBeGreaterThanOrEqual(-1e-6)
          expect(startMs + ms).toBeLessThanOrEqual(durationMs + 1e-6)
        }
      }),
      { seed: 20_261_121 },
    )
  })
})
