import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { Scenario, settled, testClient, testRequest } from '../testing.ts'
import { SharedBody, type SharedBodyOptions } from './shared-body.ts'

const source = (): Readable => new Readable({ read: () => undefined })
const share = (from: Readable, options: Partial<SharedBodyOptions> = {}): SharedBody =>
  new SharedBody(from, {
    maxBytes: 1000,
    announcedBytes: undefined,
    reserve: () => true,
    release: () => undefined,
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

  it('gives back the room it asked for, however it ends', async () => {
    for (const end of [(from: Readable) => from.push(null), (from: Readable) => from.destroy()]) {
      let reserved = 0
      const from = source()
      const body = share(from, {
        reserve: (bytes) => ((reserved += bytes), true),
        release: (bytes) => (reserved -= bytes),
      })
      from.push('abc')
      await settled()
      expect(reserved).toBe(3)
      end(from)
      await body.fate
      expect(reserved).toBe(0)
    }
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
      play.response({ fields: { 'cache-control': 'max-age=60' }, body: Readable.from(['0123456', '789abcdef']) }),
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
    expect(play.store.stats()).toMatchObject({ objects: 2, notStored: { 'too-large': 1 } })
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
})
