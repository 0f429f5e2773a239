import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { purge } from '../purge.ts'
import { Scenario, settled, testClient, testRequest } from '../testing.ts'
import { PurgeJournal, type PurgeBus, type PurgeCommand } from './purge.ts'

const site = 'https://www.roundtrip.test'
const lively = { 'cache-control': 'max-age=60' }

const stored = async (): Promise<Scenario> => {
  const play = new Scenario()
  await play.answers({ ...lively, 'surrogate-key': 'shop  product-1' }).ask('/products/1')
  await play.answers({ ...lively, 'surrogate-key': 'shop product-2' }).ask('/products/2')
  await play.answers(lively).ask('/about')
  return play
}

describe('purge', () => {
  it.each<[PurgeCommand, number, string[]]>([
    [{ url: `${site}/products/1` }, 1, ['/products/2', '/about']],
    [{ prefix: `${site}/products/` }, 2, ['/about']],
    [{ surrogateKeys: ['product-2', 'none'] }, 1, ['/products/1', '/about']],
    [{ surrogateKeys: ['shop', 'product-1'] }, 2, ['/about']],
    [{ host: 'WWW.roundtrip.test' }, 3, []],
    [{ host: 'roundtrip.test' }, 0, ['/products/1', '/products/2', '/about']],
  ])('%o', async (command, count, left) => {
    const play = await stored()
    expect(play.store.purge(command)).toBe(count)
    for (const target of ['/products/1', '/products/2', '/about']) {
      expect((await play.ask(target)).cache.startsWith('hit')).toBe(left.includes(target))
    }
    expect(play.store.stats().purged).toBe(count)
  })

  it('goes by the surrogate keys that the latest head has', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=1', etag: '"1"', 'surrogate-key': 'old' })
    await play.at(0).ask()
    await play
      .at(5)
      .answers({ ...lively, etag: '"1"', 'surrogate-key': 'new' }, { status: 304 })
      .ask()
    expect(play.store.purge({ surrogateKeys: ['old'] })).toBe(0)
    expect(play.store.purge({ surrogateKeys: ['new'] })).toBe(1)
  })

  it('soft keeps what is stored for the while it is asked for again', async () => {
    const play = await stored()
    play.at(10).store.purge({ surrogateKeys: ['product-1'], soft: true })
    play.answers(lively, { body: 'new' })
    expect(await play.at(11).ask('/products/1')).toMatchObject({ body: 'content', cache: 'hit; ttl=-1' })
    await settled()
    expect(await play.ask('/products/1')).toMatchObject({ body: 'new', cache: 'hit; ttl=60' })
  })

  it.each([
    ['s-maxage=60', 59, 'hit'],
    ['s-maxage=60', 60, 'fwd=stale'],
    ['max-age=60', 60, 'hit'],
    ['max-age=60, must-revalidate', 59, 'fwd=stale'],
  ])('soft opens nothing that %s forbids after %i s', async (cacheControl, seconds, cacheStatus) => {
    const play = new Scenario()
    await play.answers({ 'cache-control': cacheControl }).ask()
    play.at(55).store.purge({ url: `${site}/`, soft: true })
    expect((await play.at(seconds).ask()).cache).toContain(cacheStatus)
  })

  it('soft is as good as gone when the grace is over', async () => {
    const play = await stored()
    play.at(10).store.purge({ url: `${site}/about`, soft: true })
    expect((await play.at(20).ask('/about')).cache).toContain('fwd=stale')
  })

  it.each<[string, PurgeCommand]>([
    ['URL', { url: `${site}/` }],
    ['prefix', { prefix: site }],
    ['surrogate key', { surrogateKeys: ['home'] }],
    ['soft', { url: `${site}/`, soft: true }],
  ])('by %s overtakes a fetch that began before it', async (_what, command) => {
    const play = new Scenario()
    const origin = Promise.withResolvers<void>()
    play.answersWith(async () => {
      await origin.promise
      return play.response({ fields: { ...lively, 'surrogate-key': 'home' }, body: 'before' })
    })
    const asked = play.ask()
    await settled()
    play.store.purge(command)
    origin.resolve()
    expect(await asked).toMatchObject({ body: 'before', cache: 'fwd=uri-miss; fwd-status=200; detail=purged' })
    play.answers(lively, { body: 'after' })
    expect(await play.ask()).toMatchObject({ body: 'after', cache: 'fwd=uri-miss; fwd-status=200; stored' })
  })

  it('overtakes a body that is still arriving, and a validation', async () => {
    const play = new Scenario()
    const body = new Readable({ read: () => undefined })
    const asked = play.answers(lively, { body }).ask()
    await settled()
    body.push('before')
    play.store.purge({ url: `${site}/` })
    body.push(null)
    await asked
    expect(play.store.stats()).toMatchObject({ objects: 0, notStored: { purged: 1 } })

    await play.at(0).answers({ 'cache-control': 'max-age=1', etag: '"1"' }).ask()
    const origin = Promise.withResolvers<void>()
    play.at(5).answersWith(async () => {
      await origin.promise
      return play.response({ status: 304, fields: { ...lively, etag: '"1"' } })
    })
    const validating = play.ask()
    await settled()
    play.store.purge({ url: `${site}/`, soft: true })
    origin.resolve()
    await validating
    play.at(40).answers(lively, { body: 'after' })
    expect((await play.ask()).body).toBe('after')
  })

  it('leaves other fetches alone', async () => {
    const play = new Scenario()
    const origin = Promise.withResolvers<void>()
    play.answersWith(async () => {
      await origin.promise
      return play.response({ fields: lively })
    })
    const asked = play.ask()
    await settled()
    play.store.purge({ url: `${site}/other` })
    origin.resolve()
    expect((await asked).cache).toContain('stored')
  })

  it('does not give a follower who came after it what was asked for before', async () => {
    const play = new Scenario()
    const origins = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    play.answersWith(async () => {
      const number = play.requests.length
      await origins[number - 1]?.promise
      return play.response({ fields: lively, body: String(number) })
    })
    const before = play.ask()
    await settled()
    play.store.purge({ url: `${site}/` })
    const after = play.ask()
    await settled()
    origins[0]?.resolve()
    expect((await before).body).toBe('1')
    origins[1]?.resolve()
    expect((await after).body).toBe('2')
    expect(await play.ask()).toMatchObject({ body: '2' })
  })

  it('does not let one who came after it read along with what was asked for before', async () => {
    const play = new Scenario()
    const body = new Readable({ read: () => undefined })
    const before = play.answers(lively, { body }).ask()
    await settled()
    play.store.purge({ url: `${site}/` })
    const after = await play.answers(lively, { body: 'new' }).ask()
    expect(after.body).toBe('new')
    body.push('old')
    body.push(null)
    expect((await before).body).toBe('old')
    expect(await play.ask()).toMatchObject({ body: 'new', cache: 'hit; ttl=60' })
  })

  it('reaches every store on the bus once', async () => {
    const listeners = new Set<(command: PurgeCommand) => void>()
    const busOf = (): PurgeBus => {
      let own: ((command: PurgeCommand) => void) | undefined
      return {
        publish: (command) => {
          for (const listener of listeners) if (listener !== own) listener(command)
        },
        subscribe: (listener) => {
          own = listener
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
      }
    }
    const plays = [new Scenario({}, { bus: busOf() }), new Scenario({}, { bus: busOf() })] as const
    for (const play of plays) await play.answers(lively).ask()
    plays[0].store.purge({ url: `${site}/` })
    for (const play of plays) expect(play.store.stats()).toMatchObject({ objects: 0, purged: 1 })
    // A write at one place makes all others ask anew.
    for (const play of plays) await play.ask()
    await plays[1].answers({}).ask('/', {}, 'PUT')
    expect((await plays[0].ask()).cache).toContain('uri-miss')
    await plays[1].store.close()
    expect(listeners.size).toBe(1)
  })
})

describe('the PURGE method', () => {
  const client = testClient()
  it('removes for those who may', async () => {
    const play = await stored()
    const handler = purge({ store: play.store, isAllowed: () => true })(play.handler)
    const response = await handler(testRequest('/about', {}, 'PURGE'), client.context)
    expect(response).toMatchObject({ status: 200, body: '{"purged":1}\n' })
    expect(await handler(testRequest('/', { 'surrogate-key': 'shop' }, 'PURGE'), client.context)).toMatchObject({
      body: '{"purged":2}\n',
    })
  })

  it('is not there for others', async () => {
    const play = await stored()
    const handler = purge({ store: play.store, isAllowed: () => false })(play.handler)
    await expect(handler(testRequest('/about', {}, 'PURGE'), client.context)).rejects.toMatchObject({
      code: 'METHOD_NOT_ALLOWED',
    })
    expect(play.store.stats().objects).toBe(3)
  })
})

describe('the journal', () => {
  it('counts a fetch as overtaken when so much was purged since that nobody knows what', () => {
    const journal = new PurgeJournal()
    const began = journal.begin()
    for (let i = 0; i < 4096; i++) journal.note({ url: `${site}/${i}` })
    expect(journal.isOvertaken(began, `${site}/other`, [])).toBe(false)
    journal.note({ url: `${site}/last` })
    expect(journal.isOvertaken(began, `${site}/other`, [])).toBe(true)
  })
})
