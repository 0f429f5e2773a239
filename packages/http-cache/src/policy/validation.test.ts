import { describe, expect, it } from 'vitest'
import type { CacheSettings } from '../settings.ts'
import { Scenario } from '../testing.ts'

const variant = (etag: string): Record<string, string> => ({ 'cache-control': 'max-age=60', vary: 'x-kind', etag })

describe('validation', () => {
  it('asks with both validators, and a 304 brings what is stored up to date', async () => {
    const play = new Scenario()
    play.answers({
      'cache-control': 'max-age=1',
      etag: '"1"',
      'last-modified': play.date(-10),
      'x-a': 'old',
      'x-b': 'kept',
    })
    await play.at(0).ask()
    play
      .at(5)
      .answers({ 'cache-control': 'max-age=60', etag: '"1"', 'x-a': 'new', 'content-length': '3' }, { status: 304 })
    expect(await play.ask()).toMatchObject({
      status: 200,
      body: 'content',
      cache: 'fwd=stale; fwd-status=304; stored',
      fields: { 'x-a': 'new', 'x-b': 'kept', 'content-length': '7' },
    })
    const asked = play.requests[1]?.fields
    expect(asked?.get('if-none-match')).toBe('"1"')
    expect(asked?.get('if-modified-since')).toBe(play.date(-10))
    expect(await play.at(64).ask()).toMatchObject({ cache: 'hit; ttl=1', age: 59 })
  })

  it('asks each time where the origin says no-cache', async () => {
    const play = new Scenario().answers({ 'cache-control': 'no-cache, max-age=60', etag: '"1"' })
    await play.ask()
    await play.ask()
    expect(play.requests.map(({ fields }) => fields.get('if-none-match'))).toEqual([undefined, '"1"'])
  })

  it('asks in its own name, not with the conditions of the client', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=60', etag: '"2"' })
    expect((await play.ask('/', { 'if-none-match': '"client"', 'if-modified-since': play.date(0) })).status).toBe(200)
    expect(play.requests[0]?.fields.has('if-none-match')).toBe(false)
  })

  it('answers conditions of clients from what is stored', async () => {
    const play = new Scenario()
    play.answers({ 'cache-control': 'max-age=60', etag: 'W/"1"', 'last-modified': play.date(-10), 'x-a': '1' })
    await play.ask()
    const notModified = await play.at(5).ask('/', { 'if-none-match': '"0", "1"' })
    expect(notModified).toMatchObject({
      status: 304,
      body: '',
      age: 5,
      cache: 'hit; ttl=55',
      fields: { etag: 'W/"1"' },
    })
    expect(notModified.fields).not.toHaveProperty('x-a')
    expect((await play.ask('/', { 'if-modified-since': play.date(-10) })).status).toBe(304)
    expect((await play.ask('/', { 'if-modified-since': play.date(-11) })).status).toBe(200)
    expect((await play.ask('/', { 'if-none-match': '"x"', 'if-modified-since': play.date(0) })).status).toBe(200)
    expect(play.requests).toHaveLength(1)
  })

  it('leaves If-Match to the origin', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=60', etag: '"1"' })
    await play.ask()
    expect(await play.ask('/', { 'if-match': '"1"' })).toMatchObject({
      cache: 'fwd=bypass; fwd-status=200; detail=if-match',
    })
    expect(play.requests[1]?.fields.get('if-match')).toBe('"1"')
  })

  it('asks again without conditions when a 304 speaks of nothing it has', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=1', etag: '"1"' })
    await play.ask()
    play
      .at(5)
      .answersWith(({ fields }) =>
        fields.has('if-none-match')
          ? play.response({ status: 304, fields: { etag: '"9"' } })
          : play.response({ fields: { 'cache-control': 'max-age=60', etag: '"9"' }, body: 'new' }),
      )
    expect(await play.ask()).toMatchObject({ status: 200, body: 'new' })
    expect(await play.ask()).toMatchObject({ cache: 'hit; ttl=60', body: 'new' })
  })

  it('names all variants, and a 304 chooses one of them', async () => {
    const play = new Scenario()
    await play.answers(variant('"a"'), { body: 'a' }).ask('/', { 'x-kind': 'a' })
    await play.answers(variant('"b"'), { body: 'b' }).ask('/', { 'x-kind': 'b' })
    play.answers({ ...variant('"a"') }, { status: 304 })
    expect(await play.ask('/', { 'x-kind': 'c' })).toMatchObject({ status: 200, body: 'a' })
    expect(play.requests[2]?.fields.get('if-none-match')).toBe('"b", "a"')
    expect(await play.ask('/', { 'x-kind': 'c' })).toMatchObject({ cache: 'hit; ttl=60', body: 'a' })
    expect(await play.ask('/', { 'x-kind': 'b' })).toMatchObject({ body: 'b' })
  })

  it('lets HEAD find out that what is stored still holds', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=10', etag: '"1"' })
    await play.at(0).ask()
    play.at(11).answers({ 'cache-control': 'max-age=10', etag: '"1"' }, { status: 304 })
    expect(await play.ask('/', {}, 'HEAD')).toMatchObject({ status: 200, body: '', fields: { 'content-length': '7' } })
    expect(await play.ask()).toMatchObject({ body: 'content', cache: 'hit; ttl=10' })
  })

  it('passes a 304 on to the client whose own conditions went along', async () => {
    const play = new Scenario({ hitForMissMs: 1000 }).answers({ 'cache-control': 'private', etag: '"1"' })
    await play.at(0).ask()
    play.answersWith(({ fields }) =>
      fields.get('if-none-match') === '"1"'
        ? play.response({ status: 304, fields: { etag: '"1"' } })
        : play.response({ fields: { 'cache-control': 'max-age=60', etag: '"1"' } }),
    )
    expect((await play.ask('/', { 'if-none-match': '"1"' })).status).toBe(304)
    expect(play.requests[1]?.fields.get('if-none-match')).toBe('"1"')
    // A 304 says nothing of what could be stored: after a while the whole is asked for again.
    await play.at(0.9).ask('/', { 'if-none-match': '"1"' })
    expect((await play.at(1.1).ask('/', { 'if-none-match': '"1"' })).status).toBe(304)
    expect((await play.ask()).cache).toContain('hit')
  })

  it('takes a strong tag in a 304 to mean that very tag', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=1', etag: 'W/"1"' })
    await play.at(0).ask()
    play
      .at(5)
      .answersWith(({ fields }) =>
        fields.has('if-none-match')
          ? play.response({ status: 304, fields: { etag: '"1"' } })
          : play.response({ fields: { etag: '"1"' }, body: 'other' }),
      )
    expect((await play.ask()).body).toBe('other')
  })

  it('answers HEAD from GET, and learns from HEAD', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=10', 'x-a': '1' })
    await play.at(0).ask()
    expect(await play.at(5).ask('/', {}, 'HEAD')).toMatchObject({
      body: '',
      age: 5,
      cache: 'hit; ttl=5',
      fields: { 'content-length': '7' },
    })
    play.at(11).answers({ 'cache-control': 'max-age=60', 'x-a': '2', 'content-length': '7' }, { body: '' })
    await play.ask('/', {}, 'HEAD')
    expect(play.requests.at(-1)?.method).toBe('HEAD')
    expect(await play.at(12).ask()).toMatchObject({ body: 'content', cache: 'hit; ttl=59', fields: { 'x-a': '2' } })
    play.at(80).answers({ 'cache-control': 'max-age=60', 'content-length': '99' }, { body: '' })
    await play.ask('/', {}, 'HEAD')
    expect((await play.ask()).cache).toContain('fwd=uri-miss')
  })

  it('never asks with the tag of parts: a 304 to it would answer nobody', async () => {
    const play = new Scenario()
    const part = { ...variant('"part"'), 'content-range': 'bytes 0-1/4' }
    await play.answers(part, { status: 206, body: 'ab' }).ask('/', { 'x-kind': 'a', range: 'bytes=0-1' })
    await play.answers(variant('"whole"')).ask('/', { 'x-kind': 'b' })
    await play.ask('/', { 'x-kind': 'c' })
    expect(play.requests.at(-1)?.fields.get('if-none-match')).toBe('"whole"')
  })

  it('leaves the coding of what is stored as it is, whatever a 304 says', async () => {
    const play = new Scenario()
    await play.answers({ 'cache-control': 'max-age=1', etag: '"1"', 'content-encoding': 'gzip' }).ask()
    play.at(5).answers({ etag: '"1"', 'content-encoding': 'br' }, { status: 304 })
    expect((await play.ask()).fields['content-encoding']).toBe('gzip')
  })

  it('answers If-None-Match where the origin has let If-Match pass', async () => {
    const play = new Scenario().answers({ etag: '"1"' })
    expect((await play.ask('/', { 'if-match': '"9"', 'if-none-match': '"1"' })).status).toBe(304)
  })
})

describe('a 304 that is for one client alone', () => {
  const stored = { 'cache-control': 'max-age=5', etag: '"1"' }

  it.each<[string, Partial<CacheSettings>, Record<string, string>]>([
    ['sets a cookie that is not to be kept', { setCookie: 'never' }, { 'set-cookie': 'sid=alice' }],
    ['is private', {}, { 'cache-control': 'private, max-age=60' }],
    ['must not be stored', {}, { 'cache-control': 'no-store, max-age=60' }],
    ['varies on everything', {}, { vary: '*' }],
  ])('takes what is stored along: it %s', async (_what, settings, fields) => {
    const play = new Scenario(settings).answers(stored)
    await play.ask()
    play.at(10).answers({ 'cache-control': 'max-age=60', etag: '"1"', ...fields }, { status: 304 })
    expect(await play.ask()).toMatchObject({ status: 200, body: 'content', fields })
    play.at(11).answers({}, { body: 'for others' })
    expect(await play.ask()).toMatchObject({ body: 'for others', cache: expect.stringContaining('fwd=uri-miss') })
  })

  it.each<[string, Record<string, string>]>([
    ['has credentials', { authorization: 'Bearer alice' }],
    ['forbids to store anything of it', { 'cache-control': 'no-store' }],
  ])('leaves what is stored to others as it was when the request %s', async (_what, asked) => {
    const play = new Scenario().answers(stored)
    await play.ask()
    play.at(10).answers({ 'cache-control': 'max-age=60', etag: '"1"', 'x-user': 'alice' }, { status: 304 })
    expect(await play.ask('/', asked)).toMatchObject({ status: 200, body: 'content', fields: { 'x-user': 'alice' } })
    play.at(11).answers({ 'cache-control': 'max-age=60', etag: '"1"' }, { status: 304 })
    const other = await play.ask()
    expect(other).toMatchObject({ body: 'content', cache: 'fwd=stale; fwd-status=304; stored' })
    expect(other.fields).not.toHaveProperty('x-user')
  })

  it('is not what those get who wait for it', async () => {
    const play = new Scenario({ setCookie: 'never' }).answers(stored)
    await play.ask()
    const cookies = ['sid=alice', 'sid=bob']
    play
      .at(10)
      .answersWith(() => play.response({ status: 304, fields: { etag: '"1"', 'set-cookie': cookies.shift() ?? '' } }))
    const seen = await Promise.all([play.ask(), play.ask()])
    expect(seen.map(({ fields }) => fields['set-cookie'])).toEqual(['sid=alice', 'sid=bob'])
  })

  it('says what varies now: whoever it is for is asked again', async () => {
    const play = new Scenario().answers(stored)
    await play.ask()
    const varied = { 'cache-control': 'max-age=60', etag: '"1"', vary: 'cookie' }
    play
      .at(10)
      .answersWith(({ fields }) =>
        fields.get('if-none-match') === '"1"'
          ? play.response({ status: 304, fields: varied })
          : play.response({ fields: { ...varied, etag: '"2"' }, body: `for ${fields.get('cookie')}` }),
      )
    expect((await play.ask('/', { cookie: 'a' })).body).toBe('for a')
    expect((await play.ask('/', { cookie: 'b' })).body).toBe('for b')
  })

  it.each<[string, Record<string, string>]>([
    ['sets a cookie', { 'set-cookie': 'sid=alice' }],
    ['is private', { 'cache-control': 'private, max-age=60' }],
    ['varies on more', { vary: 'cookie' }],
  ])('may also be an answer to HEAD, that %s', async (_what, fields) => {
    const play = new Scenario({ setCookie: 'never' }).answers(stored)
    await play.ask()
    play.at(10).answers({ 'cache-control': 'max-age=60', etag: '"1"', ...fields }, { body: '' })
    await play.ask('/', {}, 'HEAD')
    play.at(11).answers({}, { body: 'for others' })
    expect((await play.ask()).body).toBe('for others')
  })
})
