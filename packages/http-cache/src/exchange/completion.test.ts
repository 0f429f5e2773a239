/** A client wants the whole, parts of it are stored: what the origin is asked for, and what the client gets. */
import { Readable } from 'node:stream'
import { Fields, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { Scenario, settled, testClient, testRequest } from '../testing.ts'

const text = '0123456789'
const lasting = { 'cache-control': 'max-age=60', etag: '"1"' }

const part = (play: Scenario, first: number, last: number, fields: Record<string, string> = {}): HttpResponse =>
  play.response({
    status: 206,
    fields: { ...lasting, 'content-range': `bytes ${first}-${last}/10`, ...fields },
    body: text.slice(first, last + 1),
  })

/** Serves ranges of ten digits, under If-Range as well. */
const origin =
  (play: Scenario) =>
  ({ fields }: HttpRequest): HttpResponse => {
    const [, first, last] = /^bytes=(\d)-(\d)$/.exec(fields.get('range') ?? '') ?? []
    if (first === undefined || last === undefined) return play.response({ fields: lasting, body: text })
    return part(play, Number(first), Number(last))
  }

/** These parts are stored. */
const played = async (...ranges: string[]): Promise<Scenario> => {
  const play = new Scenario()
  play.answersWith(origin(play))
  for (const range of ranges) await play.ask('/', { range: `bytes=${range}` })
  play.requests.length = 0
  return play
}

const rangesAsked = ({ requests }: Scenario): (string | undefined)[] =>
  requests.map(({ fields }) => fields.get('range'))

describe('a request for the whole', () => {
  it.each([
    [['0-3'], 'bytes=4-9'],
    [['6-9'], 'bytes=0-5'],
    [['0-3', '6-9'], 'bytes=4-5'],
    [['0-1', '3-4'], undefined],
    [['3-4'], undefined],
  ])('when %j are stored asks for %s', async (ranges, asked) => {
    const play = await played(...ranges)
    expect(await play.ask('/')).toMatchObject({ status: 200, body: text })
    expect(rangesAsked(play)).toEqual([asked])
    expect(play.requests[0]?.fields.get('if-range')).toBe(asked && '"1"')
    expect(await play.ask('/')).toMatchObject({ status: 200, body: text, cache: 'hit; ttl=60' })
  })

  it('says how it came about', async () => {
    const play = await played('0-3')
    const seen = await play.ask('/')
    expect(seen.cache).toBe('fwd=partial; fwd-status=206; stored')
    expect(seen.fields['content-length']).toBe('10')
    expect(seen.fields['content-range']).toBeUndefined()
  })

  it('gets it from stale parts as well, and they are fresh with it', async () => {
    const play = await played('0-3')
    expect(await play.at(70).ask('/')).toMatchObject({ status: 200, body: text })
    expect(rangesAsked(play)).toEqual(['bytes=4-9'])
    expect(await play.at(80).ask('/')).toMatchObject({ body: text, age: 10, cache: 'hit; ttl=50' })
  })

  it('gets the whole of what has changed', async () => {
    const play = await played('0-3')
    play.answers({ ...lasting, etag: '"2"' }, { body: 'abcdefghij' })
    expect(await play.ask('/')).toMatchObject({ status: 200, body: 'abcdefghij' })
    expect(await play.ask('/')).toMatchObject({ body: 'abcdefghij', cache: 'hit; ttl=60' })
  })

  it.each([
    ['another range', { 'content-range': 'bytes 5-9/10' }],
    ['less than it asked for', { 'content-range': 'bytes 4-8/10' }],
    ['a part of something else', { etag: '"2"' }],
    ['a part of something longer', { 'content-range': 'bytes 4-9/11' }],
    ['a weak tag', { etag: 'W/"1"' }],
  ])('asks for the whole when it gets %s', async (_, fields) => {
    const play = await played('0-3')
    play.answersWith((request) => (request.fields.has('range') ? part(play, 4, 9, fields) : origin(play)(request)))
    expect(await play.ask('/')).toMatchObject({ status: 200, body: text })
    expect(rangesAsked(play)).toEqual(['bytes=4-9', undefined])
  })

  it('does so when the range cannot be satisfied any more', async () => {
    const play = await played('0-3')
    play.answersWith((request) =>
      request.fields.has('range') ? play.response({ status: 416 }) : origin(play)(request),
    )
    expect(await play.ask('/')).toMatchObject({ status: 200, body: text })
  })

  it('gets the whole even where the rest may not be stored', async () => {
    const play = await played('0-3')
    play.answersWith(() => part(play, 4, 9, { 'cache-control': 'no-store' }))
    expect(await play.ask('/')).toMatchObject({ status: 200, body: text, cache: 'fwd=partial; fwd-status=206' })
  })

  it.each([
    ['less', '45678'],
    ['more', '456789x'],
  ])('fails, and nothing wrong is stored, when the rest is %s than was said', async (_, rest) => {
    const play = await played('0-3')
    play.answersWith(() => ({ ...part(play, 4, 9), body: Readable.from([Buffer.from(rest)]) }))
    await expect(play.ask('/')).rejects.toMatchObject({ code: 'UPSTREAM_RESET' })
    play.answersWith(origin(play))
    expect(await play.ask('/')).toMatchObject({ status: 200, body: text })
    expect(rangesAsked(play)).toEqual(['bytes=4-9', 'bytes=4-9'])
  })

  it('that takes no content asks for none', async () => {
    const play = await played('0-3')
    expect((await play.ask('/', {}, 'HEAD')).status).toBe(200)
    expect(play.requests.map(({ method, fields }) => [method, fields.get('range')])).toEqual([['HEAD', undefined]])
  })

  it('asks for it as a whole, together with others, while it is being completed for one', async () => {
    const play = await played('0-3')
    const gate = Promise.withResolvers<void>()
    play.answersWith(async (request) => {
      await gate.promise
      return origin(play)(request)
    })
    const asked = [play.ask('/'), play.ask('/'), play.ask('/')]
    gate.resolve()
    for (const seen of await Promise.all(asked)) expect(seen).toMatchObject({ status: 200, body: text })
    expect(rangesAsked(play)).toEqual(['bytes=4-9', undefined])
  })

  it('leaves nothing open when its client leaves before the first octet', async () => {
    const play = await played('0-3')
    const rest = new Readable({ read: () => undefined })
    const fields = Fields.of({ etag: '"1"', 'cache-control': 'no-store', 'content-range': 'bytes 4-9/10' })
    play.answersWith(() => ({ status: 206, fields, body: rest }))
    const { body } = await play.handler(testRequest('/'), testClient().context)
    ;(body as Readable).destroy()
    await settled()
    expect(rest.destroyed).toBe(true)
    expect(play.store.journal.underWay).toBe(0)
  })
})

describe('parts', () => {
  it('under a weak tag are not completed', async () => {
    const play = new Scenario()
    const fields = { 'cache-control': 'max-age=60', etag: 'W/"1"', 'content-range': 'bytes 0-3/10' }
    await play.answers(fields, { status: 206, body: '0123' }).ask('/', { range: 'bytes=0-3' })
    await play.answersWith(origin(play)).ask('/')
    expect(rangesAsked(play)).toEqual(['bytes=0-3', undefined])
  })

  it('are revalidated in the background like a whole', async () => {
    const play = new Scenario()
    const swr = {
      ...lasting,
      'cache-control': 'max-age=60, stale-while-revalidate=60',
      'content-range': 'bytes 0-3/10',
    }
    await play.answers(swr, { status: 206, body: '0123' }).ask('/', { range: 'bytes=0-3' })
    play.at(70).answers({ etag: '"1"' }, { status: 304 })
    expect(await play.ask('/', { range: 'bytes=1-2' })).toMatchObject({ status: 206, body: '12', age: 70 })
    await settled()
    expect(await play.ask('/', { range: 'bytes=1-2' })).toMatchObject({ status: 206, body: '12', cache: 'hit; ttl=60' })
  })
})
