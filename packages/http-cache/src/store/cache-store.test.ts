import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { Scenario, settled, testClient, testRequest } from '../testing.ts'
import { largestObjectBytes } from './cache-store.ts'

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
      cache: 'fwd=uri-miss; fwd-status=200; detail=too-large',
    })
    expect(play.store.stats().objects).toBe(10)
  })

  it.each([
    [10_000, 'stored'],
    [10_001, 'detail=too-large'],
  ])('knows by its announced length whether it will take %i octets', async (sizeBytes, cacheStatus) => {
    const play = new Scenario({ maxObjectBytes: 100_000 }, { maxBytes: 100_000 })
    const body = Readable.from([Buffer.alloc(sizeBytes)], { objectMode: false })
    play.answers({ ...lively, 'content-length': String(sizeBytes) }, { body })
    const response = await play.handler(testRequest('/'), testClient().context)
    const isStored = cacheStatus === 'stored'
    expect(response.fields.get('cache-status')).toContain(cacheStatus)
    // What is not stored is the origin's own stream.
    expect(response.body === body).toBe(!isStored)
    expect((await buffer(response.body as Readable)).byteLength).toBe(sizeBytes)
    await settled()
    expect(play.store.stats().objects).toBe(isStored ? 1 : 0)
    expect(play.store.stats().notStored).toEqual(isStored ? {} : { 'too-large': 1 })
  })

  it('does not take heads that would push out the rest', async () => {
    const play = new Scenario({}, { maxBytes: 100_000 })
    await play.answers({ ...lively, 'x-long': 'f'.repeat(30_000) }).ask()
    expect(play.store.stats()).toMatchObject({ objects: 0 })
  })

  it.each([
    [1_000_000, undefined, 100_000],
    [1_000_000, 4_000_000, 250_000],
    [1_000_000, 200_000, 200_000],
    [1_000_000, 50_000, 100_000],
    [2 ** 30, 2 ** 40, 0.1 * 2 ** 30],
    [2 ** 29, 2 ** 40, 64 * 2 ** 20],
  ])('with %i octets of memory and %s on disk keeps content up to %i', (maxBytes, diskBytes, most) => {
    const disk = diskBytes === undefined ? {} : { disk: { folder: '/nowhere', maxBytes: diskBytes } }
    expect(largestObjectBytes({ maxBytes, ...disk })).toBe(Math.floor(most))
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
