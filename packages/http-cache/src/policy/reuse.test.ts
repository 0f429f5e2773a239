import { RoundtripError } from '@roundtrip/errors'
import { Fields, type HttpResponse } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { cache } from '../cache.ts'
import { CacheStore } from '../store/cache-store.ts'
import { Scenario, settled, testClient, testRequest } from '../testing.ts'

const down = new RoundtripError('UPSTREAM_UNREACHABLE')

const revalidated = (): HttpResponse => ({
  status: 200,
  fields: Fields.of({ 'cache-control': 'max-age=10, stale-while-revalidate=20' }),
  body: 'x',
})

describe('stale responses', () => {
  it('are served while they are asked for again, by one request only', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=10, stale-while-revalidate=20' }, { body: 'old' })
    await play.at(0).ask()
    const origin = Promise.withResolvers<void>()
    play.at(15).answersWith(async () => {
      await origin.promise
      return play.response({ fields: { 'cache-control': 'max-age=10' }, body: 'new' })
    })
    for (let i = 0; i < 3; i++) expect(await play.ask()).toMatchObject({ body: 'old', age: 15, cache: 'hit; ttl=-5' })
    expect(play.requests).toHaveLength(2)
    origin.resolve()
    await settled()
    expect(await play.ask()).toMatchObject({ body: 'new', cache: 'hit; ttl=10' })
  })

  it('are asked for once also where nothing collapses', async () => {
    const clock = (): number => now
    let now = 0
    let asked = 0
    const origin = Promise.withResolvers<HttpResponse>()
    const store = new CacheStore({ maxBytes: 100_000, clock })
    const handler = cache({ store, clock })(async () => (++asked === 1 ? revalidated() : origin.promise))
    for (const second of [0, 15, 15, 15]) {
      now = second * 1000
      await handler(testRequest('/'), testClient().context)
    }
    expect(asked).toBe(2)
    origin.resolve(revalidated())
    await settled()
  })

  it('stay when the origin fails in the background, and are asked for once more', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=10, stale-while-revalidate=20' }, { body: 'old' })
    await play.at(0).ask()
    play.at(15).fails(down)
    await play.ask()
    await settled()
    play.answers({}, { status: 503 })
    expect((await play.ask()).body).toBe('old')
    await settled()
    expect((await play.ask()).body).toBe('old')
    expect(play.requests).toHaveLength(4)
  })

  it('are not served past the window', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=10, stale-while-revalidate=20' })
    await play.at(0).ask()
    expect((await play.at(30).ask()).cache).toContain('fwd=stale')
  })

  it.each<[string, boolean]>([
    ['max-age=10', true],
    ['max-age=10, must-revalidate', false],
    ['max-age=10, proxy-revalidate', false],
    ['s-maxage=10', false],
    ['s-maxage=10, stale-if-error=60', true],
    ['max-age=10, no-cache', false],
    ['max-age=10, stale-if-error=0', false],
  ])('with %s stand in for an origin that is away: %s', async (cacheControl, isServed) => {
    const play = new Scenario({ staleIfErrorMs: 30_000 }).answers({ 'cache-control': cacheControl, etag: '"1"' })
    await play.at(0).ask()
    play.at(20).fails(down)
    const seen = await play.ask().catch((error: unknown) => error)
    const standIn = { status: 200, age: 20, cache: 'fwd=stale; detail=stale-if-error' }
    expect(seen).toMatchObject(isServed ? standIn : { code: 'UPSTREAM_UNREACHABLE' })
  })

  it('stand in no longer than the settings say', async () => {
    const play = new Scenario({ staleIfErrorMs: 30_000 }).answers({ 'cache-control': 'max-age=10' })
    await play.at(0).ask()
    play.at(40).fails(down)
    await expect(play.ask()).rejects.toBe(down)
  })

  it('stand in for an error of the origin only where the origin says so', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=10, stale-if-error=60' })
    await play.at(0).ask('/a')
    await play.answers({ 'cache-control': 'max-age=10' }).ask('/b')
    play.at(20).answers({}, { status: 503, body: 'no' })
    expect(await play.ask('/a')).toMatchObject({
      status: 200,
      cache: 'fwd=stale; fwd-status=503; detail=stale-if-error',
    })
    expect(await play.ask('/b')).toMatchObject({ status: 503, body: 'no' })
  })

  it.each<[string, string, boolean]>([
    ['max-age=10', 'stale-if-error=60', true],
    ['max-age=10', 'stale-if-error=10', false],
    ['max-age=10, stale-if-error=0', 'stale-if-error=60', false],
    ['max-age=10, must-revalidate', 'stale-if-error=60', false],
  ])('with %s stand in for a client that says %s: %s', async (cacheControl, asked, isServed) => {
    const play = new Scenario().answers({ 'cache-control': cacheControl })
    await play.at(0).ask()
    play.at(20).answers({}, { status: 503, body: 'no' })
    expect(await play.ask('/', { 'cache-control': asked })).toMatchObject({ status: isServed ? 200 : 503 })
  })

  it.each<[string, number, Record<string, string>]>([
    ['is gone', 404, {}],
    ['is nothing to be stored any more', 200, { 'cache-control': 'no-store' }],
    ['is private now', 200, { 'cache-control': 'private' }],
  ])('are served to nobody once it is known that what they show %s', async (_what, status, fields) => {
    const play = new Scenario({ staleIfErrorMs: 60_000 })
    play.answers({ 'cache-control': 'max-age=10, stale-while-revalidate=600', etag: '"1"' })
    await play.at(0).ask()
    play.at(20).answers(fields, { status, body: 'new' })
    expect((await play.ask()).body).toBe('content')
    await settled()
    expect(await play.ask()).toMatchObject({ status, body: 'new' })
    play.fails(down)
    await expect(play.ask()).rejects.toBe(down)
  })

  it.each([401, 403, 429])('are served on after a %i, which says nothing of them', async (status) => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=10, stale-while-revalidate=600', etag: '"1"' })
    await play.at(0).ask()
    play.at(20).answers({}, { status, body: 'no' })
    await play.ask()
    await settled()
    expect((await play.ask()).body).toBe('content')
  })

  it('do not hide a client that left, or a fault of our own', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=10' })
    await play.at(0).ask()
    const gone = new RoundtripError('CLIENT_CLOSED_REQUEST')
    play.at(20).fails(gone)
    await expect(play.ask()).rejects.toBe(gone)
  })
})

describe('request directives', () => {
  it.each<[string, number, string]>([
    ['no-cache', 1, 'fwd=request'],
    ['max-age=5', 4, 'hit'],
    ['max-age=5', 5, 'fwd=request'],
    ['max-age=0', 0, 'fwd=request'],
    ['min-fresh=5', 5, 'hit'],
    ['min-fresh=5', 6, 'fwd=request'],
    ['max-stale', 50, 'hit'],
    ['max-stale=5', 15, 'hit'],
    ['max-age=5, max-stale', 8, 'hit'],
    ['max-stale=5', 16, 'fwd=stale'],
    ['only-if-cached', 9, 'hit'],
  ])('%s at %i s is %s', async (cacheControl, second, status) => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=10' })
    await play.at(0).ask()
    expect((await play.at(second).ask('/', { 'cache-control': cacheControl })).cache).toContain(status)
  })

  it('max-stale does not move an origin that forbids it', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=10, must-revalidate' })
    await play.at(0).ask()
    expect((await play.at(11).ask('/', { 'cache-control': 'max-stale' })).cache).toContain('fwd=stale')
  })

  it('only-if-cached is 504 when nothing is there', async () => {
    const play = new Scenario()
    expect(await play.ask('/', { 'cache-control': 'only-if-cached' })).toMatchObject({
      status: 504,
      cache: 'fwd=uri-miss; detail=only-if-cached',
    })
    expect(play.requests).toHaveLength(0)
  })

  it('do nothing by setting', async () => {
    const play = new Scenario({ honourRequestDirectives: false }).answers({ 'cache-control': 'max-age=10' })
    await play.ask()
    expect((await play.ask('/', { 'cache-control': 'no-cache' })).cache).toContain('hit')
  })
})
