/** Whatever is asked, changed, written and purged in whatever order: right bytes, of the right resource, no older than allowed. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { CacheModel, type Ask } from './cache-model.ts'
import { settled } from './testing.ts'

const target = fc.constantFrom('/a', '/b')

const mood = fc.record({
  failure: fc.constantFrom('none', 'none', 'none', 'none', '503', 'unreachable', 'broken-off'),
  ignoresRange: fc.constantFrom(false, false, true),
  isStreamed: fc.boolean(),
} as const)

const ranges = ['bytes=0-9', 'bytes=5-14', 'bytes=10-', 'bytes=-4', 'bytes=0-19', 'bytes=0-1,4-5', 'bytes=90-']
const demands = ['no-cache', 'max-age=1', 'max-stale', 'only-if-cached', 'no-store']

/** With a tag by how many versions ago it was; undefined: none is sent. */
const ask = fc.record({
  do: fc.constant('ask' as const),
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD'),
  target,
  kind: fc.constantFrom('x', 'y'),
  mood,
  range: fc.option(fc.constantFrom(...ranges), { nil: undefined, freq: 3 }),
  ifRange: fc.option(fc.constantFrom(0, 1), { nil: undefined, freq: 2 }),
  ifNoneMatch: fc.option(fc.constantFrom(0, 1), { nil: undefined, freq: 2 }),
  demand: fc.option(fc.constantFrom(...demands), { nil: undefined, freq: 2 }),
} as const)

const step = fc.oneof(
  { weight: 8, arbitrary: ask },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.constantFrom(1, 1, 2, 5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('change' as const), target }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('write' as const), target, isRefused: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('purge' as const),
      target,
      how: fc.constantFrom('url', 'prefix', 'key', 'soft'),
    } as const),
  },
)

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const fieldsOf = (model: CacheModel, { target: of, kind, ...asked }: Extract<Step, { do: 'ask' }>): Ask['fields'] => ({
  ...(asked.range !== undefined && { range: asked.range }),
  ...(asked.range !== undefined && asked.ifRange !== undefined && { 'if-range': model.etag(of, kind, asked.ifRange) }),
  ...(asked.ifNoneMatch !== undefined && { 'if-none-match': model.etag(of, kind, asked.ifNoneMatch) }),
  ...(asked.demand !== undefined && { 'cache-control': asked.demand }),
})

const take = async (model: CacheModel, one: Step): Promise<void> => {
  if (one.do === 'pass') model.play.nowMs += one.seconds * 1000
  else if (one.do === 'change') model.change(one.target)
  else if (one.do === 'purge') model.purge(one.target, one.how)
  else if (one.do === 'write') await model.write(one.target, one.isRefused)
  else {
    const { method, target: of, kind, mood: ofOrigin } = one
    await model.ask({ method, target: of, kind, mood: ofOrigin, fields: fieldsOf(model, one) })
  }
  await settled()
}

it('gives right bytes, of the right resource, no older than allowed', async () => {
  const statuses = new Map<string, number>()
  let hits = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const model = new CacheModel()
      for (const one of steps) {
        await take(model, one)
        expect(model.wrong).toEqual([])
      }
      for (const [status, count] of model.statuses) statuses.set(status, (statuses.get(status) ?? 0) + count)
      hits += model.play.store.stats().hits
      expect(model.play.store.journal.underWay).toBe(0)
      expect(model.play.store.recordings.bytes).toBe(0)
    }),
    { seed: 20_260_101, numRuns: 400 },
  )
  // It has been everywhere.
  for (const status of ['200', '206', '304', '416', '503', '504']) expect(statuses.get(status)).toBeGreaterThan(50)
  expect(hits).toBeGreaterThan(500)
})
