import { describe, expect, it } from 'vitest'
import { Scenario } from '../testing.ts'

const lively = { 'cache-control': 'max-age=60' }

describe('the store', () => {
  it('stays within its bytes, everything counted', async () => {
    const play = new Scenario({}, { maxBytes: 50_000 }).answers(
      { ...lively, 'x-long': 'f'.repeat(1000) },
      { body: 'b' },
    )
    for (let i = 0; i < 200; i++) await play.ask(`/${i}`)
    const { objects, bytes, evictions, stored } = play.store.stats()
    expect(bytes).toBeLessThanOrEqual(50_000)
    // With its long field and the bookkeeping each takes over 2 KB though its content is one octet.
    expect(objects).toBeLessThan(25)
    expect(objects).toBeGreaterThan(10)
    expect(stored - evictions).toBe(objects)
  })

  it('does not let one response push out the rest', async () => {
    const play = new Scenario({}, { maxBytes: 100_000 })
    for (let i = 0; i < 10; i++) await play.answers(lively).ask(`/${i}`)
    expect(await play.answers(lively, { body: 'x'.repeat(20_000) }).ask('/large')).toMatchObject({
      cache: 'fwd=uri-miss; fwd-status=200; detail=room',
    })
    expect(play.store.stats().objects).toBe(10)
  })

  it('keeps what is asked for again through a scan', async () => {
    const play = new Scenario({}, { maxBytes: 50_000 }).answers(lively)
    for (let round = 0; round < 3; round++) for (let i = 0; i < 5; i++) await play.ask(`/hot/${i}`)
    for (let i = 0; i < 500; i++) {
      await play.ask(`/scan/${i}`)
      if (i % 20 === 0) for (let hot = 0; hot < 5; hot++) await play.ask(`/hot/${hot}`)
    }
    expect(play.requests.filter(({ target }) => target.startsWith('/hot/'))).toHaveLength(5)
  })

  it('gives the room back that a purge or a newer response frees', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=1', 'surrogate-key': 'a' })
    for (let i = 0; i < 5; i++) await play.at(i * 2).ask()
    const once = play.store.stats()
    expect(once).toMatchObject({ objects: 1, stored: 5 })
    play.store.purge({ surrogateKeys: ['a'] })
    expect(play.store.stats()).toMatchObject({ objects: 0, bytes: 0 })
  })

  it('counts hits, and misses by reason, with the latest by name', async () => {
    const play = new Scenario().answers({ ...lively, vary: 'x-a' })
    await play.ask()
    await play.ask()
    await play.ask('/', { 'x-a': '1' })
    await play.ask('/', {}, 'POST')
    expect(play.store.stats()).toMatchObject({ hits: 1, misses: { 'uri-miss': 1, 'vary-miss': 1, method: 1 } })
    expect(play.store.recentMisses().map(({ reason, url }) => `${reason} ${url}`)).toEqual([
      'method https://www.roundtrip.test/',
      'vary-miss https://www.roundtrip.test/',
      'uri-miss https://www.roundtrip.test/',
    ])
  })
})
