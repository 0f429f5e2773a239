import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { keyBy } from '../cache-key.ts'
import { Scenario, testClient, testRequest } from '../testing.ts'

const secondIsHit = async (
  response: Record<string, string>,
  request: Record<string, string> = {},
  status = 200,
  settings = {},
): Promise<boolean> => {
  const play = new Scenario(settings).answers(response, { status })
  await play.ask('/', request)
  return (await play.ask('/')).cache.startsWith('hit')
}

describe('storability', () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['no-store', { 'cache-control': 'max-age=60, no-store' }, false],
    ['No-StOrE', { 'cache-control': 'max-age=60, No-StOrE' }, false],
    ['private', { 'cache-control': 'max-age=60, private' }, false],
    ['private fields', { 'cache-control': 'max-age=60, private="x-user"' }, true],
    ['private fields and private', { 'cache-control': 'private="x-user", private, max-age=60' }, false],
    ['private and private fields', { 'cache-control': 'private, private="x-user", max-age=60' }, false],
    ['must-understand and no-store, understood', { 'cache-control': 'max-age=60, no-store, must-understand' }, true],
    ['Vary: *', { 'cache-control': 'max-age=60', vary: 'accept, *' }, false],
    ['Set-Cookie with a lifetime', { 'cache-control': 'max-age=60', 'set-cookie': 'a=b' }, true],
    ['an unknown directive', { 'cache-control': 'foo="a, b", max-age=60' }, true],
  ])('of %s', async (_what, response, isStored) => {
    expect(await secondIsHit(response)).toBe(isStored)
  })

  it.each([299, 302, 400, 404, 499, 503, 599])('of %i with explicit freshness', async (status) => {
    expect(await secondIsHit({ 'cache-control': 'max-age=60' }, {}, status)).toBe(true)
  })

  it('of a status it does not understand, where that must be', async () => {
    expect(await secondIsHit({ 'cache-control': 'max-age=60, no-store, must-understand' }, {}, 599)).toBe(false)
  })

  it.each<[string, boolean]>([
    ['max-age=60', false],
    ['max-age=60, public', true],
    ['s-maxage=60', true],
    ['max-age=60, must-revalidate', true],
  ])('of answers to credentials with %s', async (cacheControl, isStored) => {
    expect(await secondIsHit({ 'cache-control': cacheControl }, { authorization: 'Basic x' })).toBe(isStored)
  })

  it('of a cookie is never guessed, and stricter by setting', async () => {
    const play = new Scenario()
    const old = { 'last-modified': play.date(-100_000), 'set-cookie': 'a=b' }
    expect(await secondIsHit(old)).toBe(false)
    const lively = { 'cache-control': 'max-age=60', 'set-cookie': 'a=b' }
    expect(await secondIsHit(lively, {}, 200, { setCookie: 'shared' })).toBe(false)
    expect(
      await secondIsHit({ ...lively, 'cache-control': 'public, max-age=60' }, {}, 200, { setCookie: 'shared' }),
    ).toBe(true)
    expect(
      await secondIsHit({ ...lively, 'cache-control': 'public, max-age=60' }, {}, 200, { setCookie: 'never' }),
    ).toBe(false)
  })

  it('is refused by a request that says no-store', async () => {
    expect(await secondIsHit({ 'cache-control': 'max-age=60' }, { 'cache-control': 'no-store' })).toBe(false)
  })

  it('leaves out what concerns one hop, one exchange, this cache, or one client', async () => {
    const play = new Scenario().answers({
      'cache-control': 'max-age=60, no-cache="x-user"',
      connection: 'x-hop',
      'x-hop': '1',
      'x-user': 'ann',
      'proxy-authentication-info': 'x',
      'server-timing': 'web;dur=2',
      'surrogate-key': 'a b',
      'x-kept': '1',
    })
    const first = await play.ask()
    expect(first.fields).toHaveProperty('server-timing')
    expect(first.fields).not.toHaveProperty('surrogate-key')
    const { fields } = await play.ask()
    expect(fields).toHaveProperty('x-kept', '1')
    for (const name of ['connection', 'x-hop', 'x-user', 'proxy-authentication-info', 'server-timing', 'surrogate-key'])
      expect(fields).not.toHaveProperty(name)
  })

  it('leaves out the fields of all lists', async () => {
    const lists = 'max-age=60, no-cache="x-user", no-cache="x-cart, x-other"'
    const play = new Scenario().answers({ 'cache-control': lists, 'x-user': '1', 'x-cart': '2', 'x-kept': '3' })
    await play.ask()
    const { fields } = await play.ask()
    expect([fields['x-user'], fields['x-cart'], fields['x-kept']]).toEqual([undefined, undefined, '3'])
  })

  it.each(['no-cache, no-cache="x-user"', 'no-cache="x-user", no-cache'])('of %s is for asking again', async (said) => {
    const play = new Scenario().answers({ 'cache-control': `max-age=60, ${said}`, etag: '"1"' })
    await play.ask()
    await play.ask()
    expect(play.requests).toHaveLength(2)
  })

  it('goes past the cache by path, by cookie and by field', async () => {
    const play = new Scenario({ bypass: { pathPrefixes: ['/admin/'], cookies: ['session'], fields: ['X-Position'] } })
    play.answers({ 'cache-control': 'max-age=60' })
    expect(await play.ask('/admin/x')).toMatchObject({ cache: 'fwd=bypass; fwd-status=200; detail=path' })
    expect(await play.ask('/', { cookie: 'a=b; session=1' })).toMatchObject({
      cache: 'fwd=bypass; fwd-status=200; detail=cookie',
    })
    expect(await play.ask('/', { 'x-position': '1' })).toMatchObject({
      cache: 'fwd=bypass; fwd-status=200; detail=field',
    })
    await play.ask('/', { cookie: 'a=b' })
    expect((await play.ask('/', { cookie: 'a=c' })).cache).toContain('hit')
  })

  it('keys by URL, without the parameters that make no difference', async () => {
    const play = new Scenario({ key: { ignoreQuery: ['utm_*', 'gclid'], sortQuery: true } })
    play.answers({ 'cache-control': 'max-age=60' })
    await play.ask('/?b=2&a=1&utm_source=x')
    expect((await play.ask('/?a=1&gclid=y&b=2')).cache).toContain('hit')
    expect((await play.ask('/?a=2&b=2')).cache).toContain('uri-miss')
  })

  it('takes a POST that names itself as what a GET would bring', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=60', 'content-location': '/form' })
    await play.ask('/form', {}, 'POST')
    expect((await play.ask('/form')).cache).toContain('hit')
    play.answers({ 'cache-control': 'max-age=60', 'content-location': '/other' })
    await play.ask('/form2', {}, 'POST')
    expect((await play.ask('/form2')).cache).toContain('uri-miss')
  })

  it('of a POST takes a life of its own, not only a tag to ask with', async () => {
    const play = new Scenario()
    await play
      .answers({ 'cache-control': 'max-age=0', etag: '"1"', 'content-location': '/form' })
      .ask('/form', {}, 'POST')
    expect(play.store.stats().objects).toBe(0)
  })

  it('keys by host in lower case, and without the port that goes without saying', async () => {
    const keyOf = keyBy({ ignoreQuery: [], sortQuery: false })
    const key = (scheme: 'http' | 'https', authority: string): string => keyOf({ scheme, authority, target: '/A' })
    expect(key('https', 'WWW.roundtrip.test:443')).toBe('https://www.roundtrip.test/A')
    expect(key('http', 'www.roundtrip.test:80')).toBe('http://www.roundtrip.test/A')
    expect(key('http', 'www.roundtrip.test:443')).toBe('http://www.roundtrip.test:443/A')
  })

  it('goes past the cache for a GET with content', async () => {
    const play = new Scenario()
    await play.answers({ 'cache-control': 'max-age=60' }).ask()
    const { fields } = await play.handler({ ...testRequest('/'), body: Readable.from(['x']) }, testClient().context)
    expect(fields.get('cache-status')).toContain('fwd=bypass; fwd-status=200; detail=request-content')
  })
})
