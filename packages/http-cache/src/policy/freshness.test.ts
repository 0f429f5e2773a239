import { describe, expect, it } from 'vitest'
import { Scenario } from '../testing.ts'

describe('freshness', () => {
  it('lasts as long as max-age says, counted in Age', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=10' })
    expect(await play.at(0).ask()).toMatchObject({ cache: 'fwd=uri-miss; fwd-status=200; stored', age: undefined })
    expect(await play.at(9).ask()).toMatchObject({ cache: 'hit; ttl=1', age: 9, body: 'content' })
    expect(await play.at(10).ask()).toMatchObject({ cache: 'fwd=stale; fwd-status=200; stored' })
  })

  it.each<[string, Record<string, string>, boolean]>([
    ['s-maxage before max-age, shorter', { 'cache-control': 'max-age=100, s-maxage=1' }, false],
    ['s-maxage before max-age, longer', { 'cache-control': 'max-age=1, s-maxage=100' }, true],
    [
      'CDN-Cache-Control before Cache-Control',
      { 'cdn-cache-control': 'max-age=100', 'cache-control': 'no-store' },
      true,
    ],
    ['CDN-Cache-Control, shorter', { 'cdn-cache-control': 'max-age=1', 'cache-control': 'max-age=100' }, false],
    [
      'Surrogate-Control before Cache-Control',
      { 'surrogate-control': 'max-age=100+50', 'cache-control': 'no-store' },
      true,
    ],
    [
      'not a Surrogate-Control that says nothing of it',
      { 'surrogate-control': 'content="ESI/1.0"', 'cache-control': 'max-age=1' },
      false,
    ],
    ['not an invalid CDN-Cache-Control', { 'cdn-cache-control': 'max-age="100"', 'cache-control': 'max-age=1' }, false],
    ['not one that ends in a comma', { 'cdn-cache-control': 'max-age=100,', 'cache-control': 'max-age=1' }, false],
    [
      'not Expires beside CDN-Cache-Control',
      { 'cdn-cache-control': 'public', expires: 'Fri, 01 Jan 2027 00:00:00 GMT' },
      false,
    ],
    ['a targeted field with parameters', { 'cdn-cache-control': 'max-age=100;x=1, foo' }, true],
    [
      'unknown members of any type for what they are: unknown',
      {
        'cdn-cache-control': 'no-store, a=1.5, b=("x y" z;p=1);q, c=:aGk=:, d=@123, e=%"%c3%a4", f=?1',
        'cache-control': 'max-age=100',
      },
      false,
    ],
    ['not a number with a fraction', { 'cdn-cache-control': 'max-age=1.5', 'cache-control': 'max-age=100' }, true],
    ['not a list that does not end', { 'cdn-cache-control': 'no-store, a=(b', 'cache-control': 'max-age=100' }, true],
    ['not a number in single quotes', { 'cache-control': "max-age='100'" }, false],
    ['a number in double quotes', { 'cache-control': 'max-age="100"' }, true],
    ['not max-age inside a quoted string', { 'cache-control': 'x="max-age=100", max-age=1' }, false],
    ['the smaller of two', { 'cache-control': 'max-age=100, max-age=1' }, false],
    ['not a negative number', { 'cache-control': 'max-age=-100' }, false],
    ['a number beyond 31 bits', { 'cache-control': 'max-age=99999999999' }, true],
    ['a name in another case', { 'cache-control': 'MaX-aGe=100' }, true],
    ['not what an Age has used up', { 'cache-control': 'max-age=100', age: '99' }, false],
    ['the first of two Ages', { 'cache-control': 'max-age=100', age: '0, 7200' }, true],
    ['an Age that is no number as none', { 'cache-control': 'max-age=100', age: '7200.0' }, true],
    ['Expires "0" as past', { expires: '0' }, false],
    ['max-age before a past Expires', { expires: '0', 'cache-control': 'max-age=100' }, true],
    ['nothing as nothing', {}, false],
  ])('takes %s', async (_what, fields, isFresh) => {
    const play = new Scenario().answers({ etag: '"1"', ...fields })
    await play.at(0).ask()
    expect((await play.at(2).ask()).cache.startsWith('hit')).toBe(isFresh)
  })

  it('is Expires less Date, in whatever case', async () => {
    const play = new Scenario()
    play.answers({ expires: play.date(10).toUpperCase() })
    await play.at(0).ask()
    expect(await play.at(9).ask()).toMatchObject({ cache: 'hit; ttl=1' })
    expect((await play.at(11).ask()).cache).toContain('fwd=stale')
  })

  it('is shortened by a Date in the past and by time on the way', async () => {
    const play = new Scenario()
    play.answers({ 'cache-control': 'max-age=10', date: play.date(-8) })
    await play.at(0).ask()
    expect(await play.at(1).ask()).toMatchObject({ cache: 'hit; ttl=1', age: 9 })
    const slow = new Scenario()
    slow.answersWith(() => {
      slow.at(5)
      return slow.response({ fields: { 'cache-control': 'max-age=10' } })
    })
    await slow.at(0).ask()
    expect(await slow.at(6).ask()).toMatchObject({ age: 6 })
  })

  it('is guessed from Last-Modified, up to a bound, only for statuses that allow it', async () => {
    const play = new Scenario({ heuristicMaxMs: 20_000 })
    play.answers({ 'last-modified': play.date(-100) })
    await play.ask('/')
    expect(await play.at(9).ask('/')).toMatchObject({ cache: 'hit; ttl=1' })
    play.at(0).answers({ 'last-modified': play.date(-100_000) })
    await play.ask('/old')
    expect(await play.at(19).ask('/old')).toMatchObject({ cache: 'hit; ttl=1' })
    play.at(0).answers({ 'last-modified': play.date(-100_000) }, { status: 403 })
    expect((await play.ask('/forbidden')).cache).toContain('detail=status')
  })

  it('of errors is what the settings say, unless the origin does', async () => {
    const play = new Scenario({ negativeTtlMs: { 404: 5000 } }).answers({}, { status: 404 })
    await play.at(0).ask('/')
    expect(await play.at(4).ask('/')).toMatchObject({ status: 404, cache: 'hit; ttl=1' })
    play.at(0).answers({ 'cache-control': 'max-age=1' }, { status: 404 })
    await play.ask('/said')
    expect((await play.at(2).ask('/said')).cache).toContain('fwd=stale')
  })

  it('is nothing that the settings could say where the origin wants to be asked each time', async () => {
    const play = new Scenario({ negativeTtlMs: { 404: 5000 } })
    const seen = await play.answers({ 'cache-control': 'no-cache', etag: '"1"' }, { status: 404 }).ask()
    expect(seen.cache).toContain('detail=status')
  })
})
