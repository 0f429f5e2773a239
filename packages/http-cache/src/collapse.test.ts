import { Readable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'
import { Fields } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { Scenario, settled, testClient, type TestClient } from './testing.ts'

const lively = { 'cache-control': 'max-age=60' }

describe('collapsing', () => {
  it('asks once for all who want the same', async () => {
    const play = new Scenario()
    const origin = Promise.withResolvers<void>()
    play.answersWith(async () => {
      await origin.promise
      return play.response({ fields: lively })
    })
    const asked = Array.from({ length: 5 }, () => play.ask())
    await settled()
    origin.resolve()
    const seen = await Promise.all(asked)
    expect(play.requests).toHaveLength(1)
    expect(seen.map(({ body }) => body)).toEqual(Array.from({ length: 5 }, () => 'content'))
    expect(seen.map(({ cache }) => cache).toSorted()).toEqual([
      'fwd=uri-miss; fwd-status=200; stored',
      ...Array.from({ length: 4 }, () => 'fwd=uri-miss; fwd-status=200; stored; collapsed'),
    ])
    expect(play.store.stats()).toMatchObject({ collapsed: 4, objects: 1 })
  })

  it('tells only the one who leads what the origin says ahead', async () => {
    const play = new Scenario()
    const origin = Promise.withResolvers<void>()
    const stale = { 'cache-control': 'max-age=60, stale-while-revalidate=60' }
    play.answersWith(async () => {
      play.contexts.at(-1)?.inform?.(103, Fields.of({ link: '</a.css>' }))
      await origin.promise
      return play.response({ fields: stale })
    })
    const told: string[] = []
    const hearing = (name: string): TestClient => {
      const client = testClient()
      return { ...client, context: { ...client.context, inform: () => void told.push(name) } }
    }
    const asked = [play.askAs(hearing('leader')), play.askAs(hearing('follower'))]
    await settled()
    origin.resolve()
    await Promise.all(asked)
    await play.askAs(hearing('hit'))
    await play.at(61).askAs(hearing('stale hit'))
    await settled()
    expect([play.requests.length, told]).toEqual([2, ['leader']])
  })

  it('lets those who come later read along while the body arrives', async () => {
    const play = new Scenario()
    const body = new Readable({ read: () => undefined })
    play.answers(lively, { body })
    const first = play.ask()
    await settled()
    body.push('one ')
    const second = play.ask()
    await settled()
    body.push('two')
    body.push(null)
    expect((await first).body).toBe('one two')
    expect(await second).toMatchObject({ body: 'one two', cache: 'fwd=uri-miss; fwd-status=200; stored; collapsed' })
    expect(await play.ask()).toMatchObject({ body: 'one two', cache: 'hit; ttl=60' })
    expect(play.requests).toHaveLength(1)
  })

  it('lets nobody join a body that has not moved for a second', async () => {
    const play = new Scenario()
    const body = new Readable({ read: () => undefined })
    play.answers(lively, { body })
    const first = play.ask()
    await settled()
    body.push('one ')
    await settled()
    play.at(1).answers(lively, { body: 'by itself' })
    expect((await play.ask()).body).toBe('by itself')
    expect(await play.ask()).toMatchObject({ body: 'by itself', cache: 'hit; ttl=60' })
    body.push('two')
    body.push(null)
    expect((await first).body).toBe('one two')
    // What was asked for later is newer, though it was whole before.
    expect((await play.ask()).body).toBe('by itself')
  })

  it('sends everybody off at once when the answer is for nobody else, and remembers it', async () => {
    const play = new Scenario({ hitForMissMs: 1000 })
    const origins = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    play.answersWith(async () => {
      const number = play.requests.length
      await origins[number - 1]?.promise
      return play.response({ fields: { 'cache-control': 'private' }, body: String(number) })
    })
    const asked = [play.ask(), play.ask(), play.ask()]
    await settled()
    expect(play.requests).toHaveLength(1)
    origins[0]?.resolve()
    await settled()
    // Both at once, neither waiting for the other.
    expect(play.requests).toHaveLength(3)
    for (const { resolve } of origins) resolve()
    expect((await Promise.all(asked)).map(({ body }) => body).toSorted()).toEqual(['1', '2', '3'])
    const held = Promise.withResolvers<void>()
    play.answersWith(async () => {
      await held.promise
      return play.response({ fields: { 'cache-control': 'private' } })
    })
    const later = [play.ask(), play.ask()]
    await settled()
    expect(play.requests).toHaveLength(5)
    held.resolve()
    await Promise.all(later)
  })

  it('fails only the leader when its request fails: another leads', async () => {
    const play = new Scenario()
    const origin = Promise.withResolvers<void>()
    const failure = new RoundtripError('UPSTREAM_RESET')
    play.answersWith(async () => {
      const isFirst = play.requests.length === 1
      await origin.promise
      if (isFirst) throw failure
      return play.response({ fields: lively })
    })
    const asked = [play.ask(), play.ask(), play.ask()]
    await settled()
    origin.resolve()
    const [leader, ...followers] = await Promise.allSettled(asked)
    expect(leader).toMatchObject({ status: 'rejected', reason: failure })
    expect(followers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(play.requests).toHaveLength(2)
  })

  it('goes on when the origin answers that it has failed: another leads', async () => {
    const play = new Scenario()
    play.answersWith(async () => {
      const isFirst = play.requests.length === 1
      await settled()
      return isFirst ? play.response({ status: 503, body: 'no' }) : play.response({ fields: lively })
    })
    const seen = await Promise.all(Array.from({ length: 5 }, () => play.ask()))
    expect(seen.map(({ status }) => status)).toEqual([503, 200, 200, 200, 200])
    expect(play.requests).toHaveLength(2)
  })

  it('makes nobody wait for more than three others that fail', async () => {
    const play = new Scenario().fails(new RoundtripError('UPSTREAM_RESET'))
    const seen = await Promise.allSettled(Array.from({ length: 6 }, () => play.ask()))
    expect(seen.every(({ status }) => status === 'rejected')).toBe(true)
    expect(play.requests).toHaveLength(6)
  })

  it('goes on when the client of the leader leaves while others wait', async () => {
    const play = new Scenario()
    const origin = Promise.withResolvers<void>()
    play.answersWith(async () => {
      await origin.promise
      return play.response({ fields: lively })
    })
    const [leader, follower] = [testClient(), testClient()]
    const asked = [play.askAs(leader), play.askAs(follower)]
    await settled()
    leader.leave()
    expect(play.contexts[0]?.signal.aborted).toBe(false)
    origin.resolve()
    expect((await asked[1])?.body).toBe('content')
    await asked[0]
    expect(play.requests).toHaveLength(1)
  })

  it('is called off when nobody waits any more', async () => {
    const play = new Scenario()
    const origin = Promise.withResolvers<never>()
    play.answersWith(() => origin.promise)
    const clients = [testClient(), testClient()]
    const asked = clients.map((client) => play.askAs(client).catch((error: unknown) => error))
    await settled()
    clients[1]?.leave()
    expect(await asked[1]).toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
    expect(play.contexts[0]?.signal.aborted).toBe(false)
    clients[0]?.leave()
    expect(play.contexts[0]?.signal.aborted).toBe(true)
    origin.reject(new RoundtripError('CLIENT_CLOSED_REQUEST'))
    expect(await asked[0]).toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
  })

  it('gives nobody the variant of another', async () => {
    const play = new Scenario()
    const origin = Promise.withResolvers<void>()
    play.answersWith(async ({ fields }) => {
      await origin.promise
      return play.response({ fields: { ...lively, vary: 'x-kind' }, body: fields.get('x-kind') ?? '' })
    })
    const asked = ['a', 'b', 'a', 'b', 'b'].map((kind) => play.ask('/', { 'x-kind': kind }))
    await settled()
    origin.resolve()
    expect((await Promise.all(asked)).map(({ body }) => body)).toEqual(['a', 'b', 'a', 'b', 'b'])
    expect(play.requests).toHaveLength(2)
  })

  it('asks once whether what is stale still holds', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=1', etag: '"1"' })
    await play.at(0).ask()
    play.at(5).answers({ 'cache-control': 'max-age=60', etag: '"1"' }, { status: 304 })
    const seen = await Promise.all([play.ask(), play.ask(), play.ask()])
    expect(seen.map(({ status, body }) => `${status} ${body}`)).toEqual(Array.from({ length: 3 }, () => '200 content'))
    expect(play.requests).toHaveLength(2)
  })

  it.each<[string, (play: Scenario) => void]>([
    ['does not answer', (play) => play.fails(new RoundtripError('UPSTREAM_TIMEOUT'))],
    ['answers 503', (play) => play.answers(lively, { status: 503, body: Readable.from(['no']) })],
  ])('lets what is stale stand in for all when the origin %s', async (_how, fail) => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=1, stale-if-error=60' })
    await play.at(0).ask()
    fail(play.at(5))
    const seen = await Promise.all(Array.from({ length: 4 }, () => play.ask()))
    expect(seen.map(({ body }) => body)).toEqual(Array.from({ length: 4 }, () => 'content'))
    expect(seen.every(({ cache }) => cache.endsWith('detail=stale-if-error'))).toBe(true)
    expect(play.requests).toHaveLength(2)
  })

  it.each(['no-cache', 'max-age=0', 'no-store'])(
    'leaves those alone who want the origin itself by %s',
    async (demand) => {
      const play = new Scenario()
      const origin = Promise.withResolvers<void>()
      play.answersWith(async () => {
        await origin.promise
        return play.response({ fields: lively })
      })
      const asked = [play.ask(), play.ask('/', { 'cache-control': demand })]
      await settled()
      expect(play.requests).toHaveLength(2)
      origin.resolve()
      await Promise.all(asked)
    },
  )

  it('does not end for all when one asks that nothing be stored', async () => {
    const play = new Scenario()
    await play.answers(lively).ask('/', { 'cache-control': 'no-store' })
    await Promise.all([play.ask(), play.ask()])
    expect(play.requests).toHaveLength(2)
  })
})
