import { describe, expect, it } from 'vitest'
import { explain, type Explanation } from './explain.ts'
import { Scenario, testRequest } from './testing.ts'

const settings = { bypass: { pathPrefixes: ['/admin'], cookies: [], fields: [] } }
const explained = (play: Scenario, target: string, fields = {}, method = 'GET'): Explanation =>
  explain(testRequest(target, fields, method), { store: play.store, settings, clock: () => play.nowMs })

describe('explain', () => {
  it('says what would be done and why, and does not do it', async () => {
    const play = new Scenario(settings).answers({
      'cache-control': 'max-age=10, stale-while-revalidate=5',
      vary: 'x-a',
      etag: '"1"',
    })
    expect(explained(play, '/')).toMatchObject({ decision: 'miss', reason: 'uri-miss', selected: undefined })
    await play.at(0).ask()
    const decisions = [0, 9, 11, 15].map((second) => {
      play.at(second)
      const { decision, reason } = explained(play, '/')
      return [decision, reason]
    })
    expect(decisions).toEqual([
      ['hit', undefined],
      ['hit', undefined],
      ['hit-and-revalidate', 'stale'],
      ['validate', 'stale'],
    ])
    play.at(3)
    expect(explained(play, '/', { 'cache-control': 'no-cache' })).toMatchObject({
      decision: 'validate',
      reason: 'request',
    })
    expect(explained(play, '/', { 'x-a': '1' })).toMatchObject({ decision: 'miss', reason: 'vary-miss' })
    expect(explained(play, '/admin')).toMatchObject({ decision: 'bypass', reason: 'path' })
    expect(explained(play, '/', {}, 'POST')).toMatchObject({ decision: 'method' })
    expect(explained(play, '/').selected).toMatchObject({
      status: 200,
      ageMs: 3000,
      remainingMs: 7000,
      freshnessSource: 'max-age',
      etag: '"1"',
      where: 'memory',
      isSoftPurged: false,
    })
    expect(play.store.stats()).toMatchObject({ hits: 0, misses: { 'uri-miss': 1, 'vary-miss': 0 } })
  })

  it('knows what came last could not be stored', async () => {
    const play = new Scenario(settings).answers({ 'cache-control': 'private' })
    await play.ask()
    expect(explained(play, '/')).toMatchObject({ decision: 'hit-for-miss', reason: 'uncacheable' })
    play.store.purge({ host: 'www.roundtrip.test' })
    expect(explained(play, '/')).toMatchObject({ decision: 'miss', reason: 'uri-miss' })
  })
})
