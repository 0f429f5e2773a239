import { Fields } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { coloursFor } from '../terminal/colours.ts'
import { renderRepeat } from './render-repeat.ts'
import { kindOfRun, type Series } from './repeat.ts'
import { median, savingsOf } from './savings.ts'
import { madeTrace } from './testing/made-trace.ts'
import type { Trace } from './trace.ts'

const cacheHit = [
  { name: 'cache', durationMs: 0.5, description: 'hit' },
  { name: 'app', durationMs: 1, description: 'app-1' },
  { name: 'edge', durationMs: 2, description: 'edge-1' },
]

const resumed = (): Trace => {
  const { tls, name, phases } = madeTrace()
  if (tls === undefined || name === undefined) throw new Error('a made trace has both')
  return madeTrace({
    kind: 'resumed',
    name: { ...name, source: 'cache' },
    tls: { ...tls, resumed: true },
    serverTiming: cacheHit,
    phases: phases.map((phase) =>
      phase.name === 'tls'
        ? { ...phase, durationMs: 2 }
        : phase.name === 'name'
          ? { ...phase, durationMs: 0.25 }
          : phase,
    ),
  })
}

const kept = (waitMs: number): Trace => {
  const { name: _name, connect: _connect, tls: _tls, ...rest } = madeTrace()
  return {
    ...rest,
    kind: 'kept',
    serverTiming: cacheHit,
    phases: [
      { name: 'url', startMs: 0, durationMs: 0.25 },
      { name: 'request', startMs: 0.25, durationMs: 0.25 },
      { name: 'wait', startMs: 0.5, durationMs: waitMs },
      { name: 'transfer', startMs: 0.5 + waitMs, durationMs: 1 },
    ],
  }
}

const series: Series = [madeTrace(), resumed(), kept(2), kept(4), kept(3)]

const note = (traces: Series) => savingsOf(traces).find(({ by }) => by === 'server')?.note

describe('what is saved', () => {
  it('compares each thing with the run that did without', () => {
    expect(savingsOf(series).map(({ by, fromMs, toMs, savedMs }) => [by, fromMs, toMs, savedMs])).toEqual([
      ['dns cache', 1.25, 0.25, 1],
      ['tls resumption', 5, 2, 3],
      // Of the second run: what a new connection still costs.
      ['keep-alive', 2.5, 0, 2.5],
      ['server', 10, 3.5, 6.5],
      ['altogether', 20, 4.5, 15.5],
    ])
  })

  it('says what the cache said', () => {
    expect(note(series)).toBe('cache miss, then hit')
  })

  it('says that a tier before the application had it', () => {
    const answered = kept(1)
    if (answered.response === undefined) throw new Error('a made trace has one')
    const fields = Fields.of({ 'cache-status': 'roundtrip-edge; hit; ttl=3' })
    const hit = { ...answered, response: { ...answered.response, fields }, serverTiming: [] }
    expect(note([madeTrace(), hit])).toBe('cache miss, then hit at roundtrip-edge')
    expect(note([madeTrace({ serverTiming: [] }), hit])).toBe('cache hit at roundtrip-edge')
    const lines = renderRepeat([madeTrace(), hit], { colours: coloursFor(false), width: 120, unicode: true })
    expect(lines.find((line) => line.startsWith('  2'))).toMatch(/cache hit at roundtrip-edge$/)
    const narrow = renderRepeat([madeTrace(), hit], { colours: coloursFor(false), width: 80, unicode: true })
    expect(narrow.find((line) => line.startsWith('  2'))).toMatch(/ edge hit$/)
  })

  it('leaves out what did not happen', () => {
    const again = madeTrace({ kind: 'resumed' })
    expect(savingsOf([madeTrace(), again]).map(({ by }) => by)).toEqual(['server', 'altogether'])
    expect(savingsOf([madeTrace()])).toEqual([])
    const failure = { code: 'UPSTREAM_RESET', message: '', phase: 'wait' } as const
    expect(savingsOf([madeTrace(), madeTrace({ failure })])).toEqual([])
    expect(savingsOf([madeTrace({ failure }), madeTrace()])).toEqual([])
  })

  it('knows the median', () => {
    expect([median([3]), median([1, 9, 2]), median([4, 1, 2, 3]), median([])]).toEqual([3, 2, 2.5, 0])
  })

  it('is cold, then resumed, then kept', () => {
    expect([0, 1, 2, 3].map(kindOfRun)).toEqual(['cold', 'resumed', 'kept', 'kept'])
  })
})

describe('the comparison', () => {
  it('has a line for each run and for each saving', () => {
    expect(renderRepeat(series, { colours: coloursFor(false), width: 120, unicode: true })).toEqual([
      'GET https://www.roundtrip.test/products?page=2',
      "200 OK · HTTP/2 · text/html · 12.3 kB · 443 → 8443, this stack's edge",
      '',
      'run  kind     name   tcp   tls  request   wait  transfer  total ms  answered',
      '  1  cold     1.25  0.50  5.00     1.00  10.00      2.00     20.00  edge-1 web-1 app-2 replica-1 cache miss',
      '  2  resumed  0.25  0.50  2.00     1.00  10.00      2.00     16.00  edge-1 app-1 cache hit',
      '  3  kept        .     .     .     0.25   2.00      1.00      3.50  edge-1 app-1 cache hit',
      '  4  kept        .     .     .     0.25   4.00      1.00      5.50  edge-1 app-1 cache hit',
      '  5  kept        .     .     .     0.25   3.00      1.00      4.50  edge-1 app-1 cache hit',
      '',
      'saved by           ms',
      'dns cache        1.00  1.25 → 0.25   the name was known',
      'tls resumption   3.00  5.00 → 2.00   no certificate was sent or checked',
      'keep-alive       2.50  2.50 → 0.00   the connection was there',
      'server           6.50  10.00 → 3.50  cache miss, then hit',
      'altogether      15.50  20.00 → 4.50',
    ])
  })

  it('fits into 80 columns, and says why it ended early', () => {
    const failure = { code: 'UPSTREAM_RESET', message: 'The server closed.', phase: 'wait' } as const
    const lines = renderRepeat([madeTrace(), madeTrace({ failure })], {
      colours: coloursFor(false),
      width: 80,
      unicode: false,
    })
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(lines.at(-1)).toBe('x The server closed.')
    expect(lines.find((line) => line.startsWith('  2'))).toMatch(/failed$/)
  })
})
