import type { HttpRequest, HttpResponse } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { Scenario } from '../testing.ts'
import { mergeParts } from './partial.ts'

const text = '0123456789'

/** An origin that serves single closed ranges of ten digits. */
const ranges =
  (play: Scenario, etag = '"1"') =>
  ({ fields }: HttpRequest): HttpResponse => {
    const found = /^bytes=(\d)-(\d)$/.exec(fields.get('range') ?? '')
    const common = { 'cache-control': 'max-age=60', etag }
    if (found === null) return play.response({ fields: common, body: text })
    const [first = 0, last = 0] = found.slice(1).map(Number)
    return play.response({
      status: 206,
      fields: { ...common, 'content-range': `bytes ${first}-${last}/10` },
      body: text.slice(first, last + 1),
    })
  }

describe('ranges', () => {
  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=20-', 416, '', 'bytes */10'],
    ['bytes=0-1,5-6', 200, text, undefined],
    ['lines=1-2', 200, text, undefined],
  ])('%s comes from a stored whole', async (range, status, body, contentRange) => {
    const play = new Scenario()
    await play.answersWith(ranges(play)).ask()
    const seen = await play.at(1).ask('/', { range })
    expect(seen).toMatchObject({ status, body, age: 1 })
    expect(seen.fields['content-range']).toBe(contentRange)
    expect(play.requests).toHaveLength(1)
  })

  it('apply under If-Range only when it matches strongly', async () => {
    const play = new Scenario()
    await play.answersWith(ranges(play)).ask()
    expect((await play.ask('/', { range: 'bytes=0-0', 'if-range': '"1"' })).status).toBe(206)
    expect((await play.ask('/', { range: 'bytes=0-0', 'if-range': '"2"' })).status).toBe(200)
    expect((await play.ask('/', { range: 'bytes=0-0', 'if-range': 'W/"1"' })).status).toBe(200)
  })

  it('validate the whole when it is stale', async () => {
    const play = new Scenario()
    await play.answersWith(ranges(play)).ask()
    play.at(70).answers({ etag: '"1"' }, { status: 304 })
    expect(await play.ask('/', { range: 'bytes=1-2' })).toMatchObject({ status: 206, body: '12' })
    expect(play.requests[1]?.fields.has('range')).toBe(false)
  })

  it('are forwarded, stored, used and put together until they are whole', async () => {
    const play = new Scenario()
    play.answersWith(ranges(play))
    expect(await play.ask('/', { range: 'bytes=0-3' })).toMatchObject({ status: 206, body: '0123' })
    expect(await play.ask('/', { range: 'bytes=1-2' })).toMatchObject({ status: 206, body: '12', cache: 'hit; ttl=60' })
    expect(await play.ask('/', { range: 'bytes=6-9' })).toMatchObject({
      body: '6789',
      cache: 'fwd=partial; fwd-status=206; stored',
    })
    expect(await play.ask('/', { range: 'bytes=-2' })).toMatchObject({ body: '89', cache: 'hit; ttl=60' })
    expect(await play.ask('/', { range: 'bytes=3-7' })).toMatchObject({ body: '34567' })
    expect(await play.ask('/')).toMatchObject({
      status: 200,
      body: text,
      cache: 'hit; ttl=60',
      fields: { 'content-length': '10' },
    })
    expect(play.requests).toHaveLength(3)
  })

  it('of another entity tag are not put together', async () => {
    const play = new Scenario()
    await play.answersWith(ranges(play)).ask('/', { range: 'bytes=0-4' })
    await play.answersWith(ranges(play, '"2"')).ask('/', { range: 'bytes=5-9' })
    expect((await play.ask('/', { range: 'bytes=0-1' })).cache).toContain('fwd=partial')
    expect((await play.ask('/')).cache).toContain('fwd=partial')
  })

  it('that are not as long as they say are not stored', async () => {
    const play = new Scenario()
    play.answers({ 'cache-control': 'max-age=60', 'content-range': 'bytes 4-9/10' }, { status: 206, body: 'short' })
    await play.ask('/', { range: 'bytes=4-9' })
    expect(play.store.stats().objects).toBe(0)
  })
})

/** Half of it is stored. */
const played = async (fields: Record<string, string> = {}): Promise<Scenario> => {
  const play = new Scenario()
  await play.answersWith(ranges(play)).ask('/', { range: 'bytes=0-4', ...fields })
  play.requests.length = 0
  return play
}

describe('parts that are stored', () => {
  it.each([
    ['"1"', 0],
    ['"2"', 1],
    ['W/"1"', 1],
  ])('answer under If-Range: %s only when it names them', async (ifRange, asked) => {
    const play = await played()
    await play.ask('/', { range: 'bytes=1-2', 'if-range': ifRange })
    expect(play.requests).toHaveLength(asked)
  })

  it('are not sent to a client that has them', async () => {
    const play = await played()
    const seen = await play.ask('/', { range: 'bytes=1-2', 'if-none-match': '"1"' })
    expect(seen).toMatchObject({ status: 304, body: '' })
    expect(seen.fields['content-range']).toBeUndefined()
    expect(play.requests).toHaveLength(0)
  })

  it('keep the fields that an answer to If-Range leaves out', async () => {
    const play = new Scenario()
    const common = { 'cache-control': 'max-age=60', etag: '"1"' }
    const left = { ...common, 'content-range': 'bytes 0-4/10', 'content-type': 'text/plain', 'x-made': 'first' }
    await play.answers(left, { status: 206, body: text.slice(0, 5) }).ask('/', { range: 'bytes=0-4' })
    const right = { ...common, 'content-range': 'bytes 5-9/10', 'x-made': 'second' }
    await play.answers(right, { status: 206, body: text.slice(5) }).ask('/', { range: 'bytes=5-9', 'if-range': '"1"' })
    const seen = await play.ask('/')
    expect(seen).toMatchObject({ status: 200, body: text, cache: 'hit; ttl=60' })
    expect(seen.fields).toMatchObject({ 'content-type': 'text/plain', 'x-made': 'second', 'content-length': '10' })
    expect(seen.fields['content-range']).toBeUndefined()
  })

  it('are none when If-Range has left out the fields of the whole', async () => {
    const play = await played({ 'if-range': '"1"' })
    expect(play.store.stats()).toMatchObject({ objects: 0, notStored: { range: 1 } })
  })

  it('do not take the place of the whole that came meanwhile', async () => {
    const play = new Scenario()
    const gate = Promise.withResolvers<void>()
    const answer = ranges(play)
    play.answersWith(async (request) => {
      if (request.fields.has('range')) await gate.promise
      return answer(request)
    })
    const late = play.ask('/', { range: 'bytes=0-4' })
    await play.ask('/')
    gate.resolve()
    expect(await late).toMatchObject({ status: 206, body: '01234' })
    expect(await play.ask('/')).toMatchObject({ status: 200, body: text, cache: 'hit; ttl=60' })
  })

  it('take the place of an older whole of something else', async () => {
    const play = new Scenario()
    const gate = Promise.withResolvers<void>()
    play.answersWith(async (request) => {
      if (request.fields.has('range')) await gate.promise
      return ranges(play, request.fields.has('range') ? '"2"' : '"1"')(request)
    })
    const late = play.ask('/', { range: 'bytes=0-4' })
    await play.ask('/')
    gate.resolve()
    await late
    expect((await play.ask('/', { range: 'bytes=0-1' })).fields).toMatchObject({ etag: '"2"', age: '0' })
  })

  it('of another length are of something else, whatever their tag', async () => {
    const play = await played()
    const fields = { 'cache-control': 'max-age=60', etag: '"1"', 'content-range': 'bytes 5-9/12' }
    await play.answers(fields, { status: 206, body: 'other' }).ask('/', { range: 'bytes=5-9' })
    expect([...play.store.entries()].map(({ partial }) => partial?.parts.length)).toEqual([1])
    expect((await play.ask('/', { range: 'bytes=0-4' })).cache).toContain('fwd=partial')
  })

  it('are all kept when they come at once', async () => {
    const play = new Scenario()
    play.answersWith(ranges(play))
    await Promise.all([play.ask('/', { range: 'bytes=0-4' }), play.ask('/', { range: 'bytes=5-9' })])
    expect(await play.ask('/')).toMatchObject({ status: 200, body: text, cache: 'hit; ttl=60' })
  })

  it('are given up for the newest when they are in too many pieces', async () => {
    const play = new Scenario()
    play.answersWith(({ fields }) => {
      const [first = ''] = /\d+/.exec(fields.get('range') ?? '') ?? []
      const contentRange = `bytes ${first}-${first}/1000`
      const named = { 'cache-control': 'max-age=60', etag: '"1"', 'content-range': contentRange }
      return play.response({ status: 206, fields: named, body: 'x' })
    })
    for (let first = 0; first < 130; first += 2) await play.ask('/', { range: `bytes=${first}-${first}` })
    const [stored] = play.store.entries()
    expect(stored?.partial?.parts).toHaveLength(1)
  })
})

describe('what only concerns a range', () => {
  it.each([412, 416])('%i is not stored for those who want something else, whatever its fields say', async (status) => {
    const play = new Scenario()
    await play.answers({ 'cache-control': 'public, max-age=60' }, { status }).ask('/', { range: 'bytes=20-' })
    await play.answersWith(ranges(play)).ask('/')
    expect(play.requests).toHaveLength(2)
    expect(await play.ask('/')).toMatchObject({ status: 200, body: text, cache: 'hit; ttl=60' })
  })

  it('does not keep those who want the whole from waiting for each other', async () => {
    const play = new Scenario()
    await play
      .answers({ 'content-type': 'multipart/byteranges; boundary=x' }, { status: 206 })
      .ask('/', { range: 'bytes=0-1,3-4' })
    play.requests.length = 0
    play.answersWith(ranges(play))
    await Promise.all([play.ask('/'), play.ask('/')])
    expect(play.requests).toHaveLength(1)
  })
})

const part = (first: number, last: number): { first: number; bytes: Buffer } => ({
  first,
  bytes: Buffer.from(text.slice(first, last + 1)),
})

describe('parts', () => {
  it.each([
    [
      [part(0, 2), part(5, 6)],
      ['0:012', '5:56'],
    ],
    [[part(5, 6), part(0, 4)], ['0:0123456']],
    [[part(0, 6), part(2, 3)], ['0:0123456']],
    [[part(0, 4), part(3, 8), part(9, 9)], ['0:0123456789']],
  ])('that touch or overlap become one %#', (parts, merged) => {
    expect(mergeParts(parts).map(({ first, bytes }) => `${first}:${Buffer.from(bytes).toString()}`)).toEqual(merged)
  })
})
