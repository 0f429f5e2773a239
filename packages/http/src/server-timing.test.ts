import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatServerTiming, parseServerTiming, type ServerTiming } from './server-timing.ts'

describe('formatServerTiming', () => {
  it('writes microseconds at most, and quotes descriptions', () => {
    expect(formatServerTiming({ name: 'web', durationMs: 1.23456, description: 'web-1', by: 'proxy' })).toBe(
      'web;dur=1.235;desc="web-1";by="proxy"',
    )
    expect(formatServerTiming({ name: 'miss' })).toBe('miss')
    expect(formatServerTiming({ name: 'a', description: 'say "\\"' })).toBe(String.raw`a;desc="say \"\\\""`)
  })
})

describe('parseServerTiming', () => {
  it('reads what other servers write', () => {
    expect(parseServerTiming('miss, db;dur=53, app ; dur = 47.2 ; desc=plain,cache;desc="a, b; c"')).toEqual([
      { name: 'miss' },
      { name: 'db', durationMs: 53 },
      { name: 'app', durationMs: 47.2, description: 'plain' },
      { name: 'cache', description: 'a, b; c' },
    ])
  })

  it('takes the first of a repeated parameter and ignores unknown ones', () => {
    expect(parseServerTiming('a;dur=1;DUR=2;x=3;y')).toEqual([{ name: 'a', durationMs: 1 }])
  })

  it.each([undefined, '', ' , ,', ';dur=1', 'a b', 'a;dur="1'])('finds nothing in %j', (value) => {
    expect(parseServerTiming(value)).toEqual([])
  })

  it('skips a duration that is no number', () => {
    expect(parseServerTiming('a;dur=soon')).toEqual([{ name: 'a' }])
  })

  it('reads back what formatServerTiming writes', () => {
    const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCodePoint(code)) })
    const metric = fc.record(
      {
        name: fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/),
        durationMs: fc.integer({ min: 0, max: 10 ** 7 }).map((microseconds) => microseconds / 1000),
        description: text,
        by: text,
      },
      { requiredKeys: ['name'] },
    ) as fc.Arbitrary<ServerTiming>
    fc.assert(
      fc.property(fc.array(metric, { maxLength: 4 }), (metrics) => {
        expect(parseServerTiming(metrics.map(formatServerTiming).join(', '))).toEqual(metrics)
      }),
      { seed: 3 },
    )
  })

  it('takes no long time for long nonsense', () => {
    // Would not come back within a lifetime if matching backtracked exponentially.
    expect(parseServerTiming(`a${';b="\\"'.repeat(5000)}`)).toEqual([])
    expect(parseServerTiming(`a${' ;b'.repeat(5000)}"`)).toEqual([])
  })
})
