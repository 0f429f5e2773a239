import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import type { HttpResponse } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { Scenario, settled, testClient, testRequest } from '../testing.ts'
import { Recordings } from '../store/recordings.ts'
import { SharedBody, type SharedBodyOptions } from './shared-body.ts'

const source = (): Readable => new Readable({ read: () => undefined })
const arriving = (...pieces: readonly string[]): Readable =>
  Readable.from(
    pieces.map((piece) => Buffer.from(piece)),
    { objectMode: false },
  )
const share = (from: Readable, options: Partial<SharedBodyOptions> = {}): SharedBody =>
  new SharedBody(from, {
    maxBytes: 1000,
    announcedBytes: undefined,
    room: new Recordings(Number.POSITIVE_INFINITY),
    clock: () => 0,
    ...options,
  })

describe('a shared body', () => {
  it('gives every reader all of it, whenever it comes', async () => {
    const from = source()
    const body = share(from)
    const first = text(body.read())
    from.push('ab')
    await settled()
    const second = text(body.read())
    from.push('cd')
    from.push(null)
    expect(await first).toBe('abcd')
    expect(await second).toBe('abcd')
    expect(await text(body.read())).toBe('abcd')
    expect(await body.fate).toMatchObject({ kind: 'whole', bytes: Buffer.from('abcd') })
  })

  it.each<[string, number, (from: Readable) => void, string?]>([
    ['fails', 4, (from) => from.destroy(new Error('reset')), 'reset'],
    ['closes', 4, (from) => from.destroy()],
    ['ends too soon', 4, (from) => from.push(null)],
    ['goes on too long', 1, (from) => from.push('c')],
  ])('is broken for all when its source %s', async (_how, announcedBytes, end, reason = 'broke its response off') => {
    const from = source()
    const body = share(from, { announcedBytes })
    const reading = text(body.read())
    reading.catch(() => undefined)
    from.push('ab')
    await settled()
    end(from)
    await expect(reading).rejects.toThrow(reason)
    expect(await body.fate).toEqual({ kind: 'broken' })
    await expect(text(body.read())).rejects.toThrow(reason)
  })

  it('goes on without readers while it is kept', async () => {
    const from = source()
    const body = share(from)
    const reader = body.read()
    reader.destroy()
    from.push('ab')
    from.push(null)
    expect(await body.fate).toMatchObject({ kind: 'whole' })
  })

  it('too long to be kept streams on at the pace of its slowest reader', async () => {
    const from = source()
    const body = share(from, { maxBytes: 10 })
    const slow = body.read()
    const fast = text(body.read())
    const chunk = 'x'.repeat(70_000)
    from.push(chunk)
    await settled()
    expect(await body.fate).toEqual({ kind: 'too-large' })
    expect(body.isJoinable).toBe(false)
    expect(from.isPaused()).toBe(true)
    const slowly = text(slow)
    await settled()
    expect(from.isPaused()).toBe(false)
    from.push(chunk)
    from.push(null)
    expect((await fast).length).toBe(140_000)
    expect((await slowly).length).toBe(140_000)
  })

  it('too long to be kept is called off when its last reader leaves', async () => {
    const from = source()
    const body = share(from, { maxBytes: 1 })
    const reader = body.read()
    reader.on('error', () => undefined)
    from.push('ab')
    await settled()
    reader.destroy()
    await settled()
    expect(from.destroyed).toBe(true)
  })

  it.each<[string, number | undefined, (from: Readable) => void]>([
    ['ends', undefined, (from) => from.push(null)],
    ['breaks off', undefined, (from) => from.destroy()],
    ['ends as announced', 3, (from) => from.push(null)],
    ['breaks off before what was announced', 100, (from) => from.destroy()],
  ])('gives back the room it asked for when its source %s', async (_how, announcedBytes, end) => {
    const room = new Recordings(1000)
    const from = source()
    const body = share(from, { room, announcedBytes })
    from.push('abc')
    await settled()
    expect(room.bytes).toBe(announcedBytes ?? 3)
    end(from)
    await body.fate
    expect(room.bytes).toBe(0)
  })

  it('counts once, and until its last reader is done', async () => {
    const room = new Recordings(1000)
    const from = source()
    const body = share(from, { room })
    const slow = body.read()
    const gone = body.read()
    const fast = text(body.read())
    for (const letter of 'abc') from.push(letter.repeat(200))
    from.push(null)
    expect(await body.fate).toMatchObject({ kind: 'whole' })
    const all = `${'a'.repeat(200)}${'b'.repeat(200)}${'c'.repeat(200)}`
    expect(await fast).toBe(all)
    gone.destroy()
    await settled()
    expect(room.bytes).toBe(600)
    expect(await text(slow)).toBe(all)
    expect(room.bytes).toBe(0)
  })

  it('leaves nothing of itself in what a reader has been given last', async () => {
    const from = source()
    const body = share(from, { maxBytes: 1_000_000 })
    const reader = body.read()
    from.push(Buffer.alloc(300_000, 'x'))
    from.push(null)
    await body.fate
    const pieces = (await reader.toArray()) as Uint8Array[]
    expect(Buffer.concat(pieces).toString()).toBe('x'.repeat(300_000))
    expect(Math.max(...pieces.map((piece) => piece.buffer.byteLength))).toBe(65_536)
  })

  it('is not kept when what it announces has no room, from its first octet on', async () => {
    const room = new Recordings(1000)
    const from = source()
    const body = share(from, { room, announcedBytes: 1001, maxBytes: 2000 })
    expect(body.isJoinable).toBe(false)
    expect(await body.fate).toEqual({ kind: 'room' })
    const reading = text(body.read())
    from.push('x'.repeat(1001))
    from.push(null)
    expect((await reading).length).toBe(1001)
    expect(room.bytes).toBe(0)
  })

  it('no longer kept counts until its slowest reader has had it', async () => {
    const room = new Recordings(1000)
    const from = source()
    const body = share(from, { room })
    const slow = body.read()
    const fast = text(body.read())
    from.push('x'.repeat(900))
    await settled()
    from.push('y'.repeat(200))
    expect(await body.fate).toEqual({ kind: 'too-large' })
    expect(room.bytes).toBe(900)
    const slowly = text(slow)
    await settled()
    expect(room.bytes).toBe(0)
    from.push(null)
    expect(await fast).toBe(await slowly)
  })
})

describe('recording', () => {
  it('stores no body that broke off, and the client learns that it did', async () => {
    const play = new Scenario()
    const body = source()
    const asked = play.answers({ 'cache-control': 'max-age=60', 'content-length': '100' }, { body }).ask()
    asked.catch(() => undefined)
    await settled()
    body.push('half')
    body.push(null)
    await expect(asked).rejects.toThrow('broke its response off')
    expect(play.store.stats()).toMatchObject({ objects: 0, notStored: { broken: 1 } })
  })

  it('streams what turns out too long without storing it', async () => {
    const play = new Scenario({ maxObjectBytes: 10 })
    play.answersWith(() =>
      play.response({ fields: { 'cache-control': 'max-age=60' }, body: arriving('0123456', '789abcdef') }),
    )
    expect((await play.ask()).body).toBe('0123456789abcdef')
    await settled()
    expect(play.store.stats()).toMatchObject({ objects: 0, notStored: { 'too-large': 1 } })
    expect((await play.ask()).body).toBe('0123456789abcdef')
  })

  it('of all together takes no more than its share of the memory', async () => {
    const play = new Scenario({}, { maxBytes: 100_000 })
    const bodies = [source(), source(), source()]
    const asked = bodies.map((body, i) => play.answers({ 'cache-control': 'max-age=60' }, { body }).ask(`/${i}`))
    await settled()
    for (const body of bodies) body.push('x'.repeat(8500))
    await settled()
    for (const body of bodies) body.push(null)
    expect((await Promise.all(asked)).map(({ body }) => body.length)).toEqual([8500, 8500, 8500])
    expect(play.store.stats()).toMatchObject({ objects: 2, notStored: { room: 1 } })
  })

  it('does not say that it stores what it has no room for', async () => {
    const play = new Scenario({}, { maxBytes: 100_000 })
    const announced = { 'cache-control': 'max-age=60', 'content-length': '8500' }
    const bodies = [source(), source(), source()]
    const asked = bodies.map((body, i) => play.answers(announced, { body }).ask(`/${i}`))
    await settled()
    for (const body of bodies) {
      body.push('x'.repeat(8500))
      body.push(null)
    }
    expect((await Promise.all(asked)).map(({ cache }) => cache)).toEqual([
      'fwd=uri-miss; fwd-status=200; stored',
      'fwd=uri-miss; fwd-status=200; stored',
      'fwd=uri-miss; fwd-status=200',
    ])
    expect(play.store.stats()).toMatchObject({ objects: 2, notStored: { room: 1 } })
  })

  it('does not begin when the length is announced as too long', async () => {
    const play = new Scenario({ maxObjectBytes: 10 })
    play.answers({ 'cache-control': 'max-age=60', 'content-length': '11' }, { body: Readable.from(['0123456789a']) })
    expect(await play.ask()).toMatchObject({
      body: '0123456789a',
      cache: 'fwd=uri-miss; fwd-status=200; detail=too-large',
    })
  })

  it('goes on to the end when the client has had enough', async () => {
    const play = new Scenario()
    const body = source()
    play.answers({ 'cache-control': 'max-age=60' }, { body })
    const response = await play.handler(testRequest('/'), testClient().context)
    if (response.body instanceof Readable) response.body.destroy()
    body.push('all of it')
    body.push(null)
    await settled()
    expect(await play.ask()).toMatchObject({ body: 'all of it', cache: 'hit; ttl=60' })
  })

  it('keeps no more whole bodies than there is room for, however few of them are read', async () => {
    const play = new Scenario({}, { maxBytes: 4_000_000 })
    let whole = 0
    play.answersWith(() => {
      const body = arriving(...Array.from({ length: 30 }, () => 'x'.repeat(10_000)))
      body.once('end', () => whole++)
      return play.response({ fields: { 'cache-control': 'max-age=60' }, body })
    })
    const unread: HttpResponse[] = []
    for (let i = 0; i < 60; i++) {
      unread.push(await play.handler(testRequest(`/${i}`), testClient().context))
      await settled()
    }
    for (let i = 0; i < 60; i++) await settled()
    // What is stored and a quarter beside it.
    expect(whole).toBeLessThanOrEqual(5_000_000 / 300_000)
    expect(whole).toBeGreaterThan(10)
    for (const { body } of unread) expect((await buffer(body as Readable)).byteLength).toBe(300_000)
    await settled()
    expect(play.store.stats().recordingBytes).toBe(0)
  })

  it.each<[string, (play: Scenario) => Promise<unknown>]>([
    ['purged', async ({ store }) => store.purge({ host: 'www.roundtrip.test' })],
    ['evicted', (play) => evictAll(play)],
    ['replaced', (play) => play.at(100).answers({ 'cache-control': 'max-age=60' }).ask()],
  ])('counts what is %s until the last has read it', async (_how, takeAway) => {
    const play = new Scenario({}, { maxBytes: 100_000 })
    play.answers({ 'cache-control': 'max-age=60' }, { body: arriving('x'.repeat(5000)) })
    const { body } = await play.handler(testRequest('/'), testClient().context)
    await settled()
    expect(play.store.stats().objects).toBe(1)
    expect(play.store.stats().recordingBytes).toBe(0)
    await takeAway(play)
    expect(play.store.stats().recordingBytes).toBe(5000)
    expect((await buffer(body as Readable)).byteLength).toBe(5000)
    await settled()
    expect(play.store.stats().recordingBytes).toBe(0)
  })
})

const evictAll = async (play: Scenario): Promise<void> => {
  play.answers({ 'cache-control': 'max-age=60' }, { body: 'y'.repeat(5000) })
  for (let i = 0; i < 40; i++) await play.ask(`/other/${i}`)
}
