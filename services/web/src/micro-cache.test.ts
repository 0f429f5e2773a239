import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createSite, startTestWeb, type TestWeb } from './testing.ts'

interface Counting extends TestWeb {
  /** What reached the application. */
  readonly asked: IncomingMessage[]
}

/** An application that numbers its answers. */
const start = async (
  fields: Readonly<Record<string, string>>,
  environment: Record<string, string> = {},
  files = {},
): Promise<Counting> => {
  const asked: IncomingMessage[] = []
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    asked.push(incoming)
    for (const [name, value] of Object.entries(fields)) outgoing.setHeader(name, value)
    const isKnown = fields['etag'] !== undefined && incoming.headers['if-none-match'] === fields['etag']
    if (isKnown) outgoing.writeHead(304).end()
    else outgoing.end(`answer ${asked.length}`)
  }
  return { ...(await startTestWeb(await createSite(files), answer, environment)), asked }
}

const briefly = { 'cache-control': 'public, max-age=0, s-maxage=9' }
const forwarded = (proto: string) => ({ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': proto })

describe('the micro-cache', () => {
  it('answers again what shared caches may keep, and says so', async () => {
    const { send } = await start({ ...briefly, 'surrogate-key': 'product-1' })
    const [first, second] = [await send('/products'), await send('/products')]
    expect([first, second].map(({ body }) => body.toString())).toEqual(['answer 1', 'answer 1'])
    expect(first.headers['cache-status']).toBe('roundtrip-web; fwd=uri-miss; fwd-status=200; stored')
    expect(second.headers).toMatchObject({
      'cache-status': expect.stringMatching(/^roundtrip-web; hit; ttl=\d$/),
      age: expect.stringMatching(/^\d$/),
      'surrogate-key': 'product-1',
      via: '1.1 roundtrip-web',
    })
    expect(first.headers['x-request-id']).not.toBe(second.headers['x-request-id'])
  })

  it('makes one request of many', async () => {
    const { send, asked } = await start(briefly)
    const replies = await Promise.all(Array.from({ length: 20 }, () => send('/')))
    expect(new Set(replies.map(({ body }) => body.toString())).size).toBe(1)
    expect(asked).toHaveLength(1)
  })

  it('answers the edge, when it validates, without the application', async () => {
    const { send, asked } = await start({ ...briefly, etag: '"1"' })
    await send('/')
    expect(await send('/', { 'if-none-match': '"1"' })).toMatchObject({ status: 304, headers: { etag: '"1"' } })
    expect(asked).toHaveLength(1)
  })

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['nothing that must not be stored', { 'cache-control': 'no-store' }, {}],
    ['nothing private', { 'cache-control': 'private, max-age=60' }, {}],
    ['nothing without a word of the application', {}, {}],
    ['nothing that lives long', { 'cache-control': 's-maxage=11' }, {}],
    ['nothing that the CDN shall not keep', { ...briefly, 'cdn-cache-control': 'no-store' }, {}],
    ['nothing without room', briefly, { WEB_CACHE_MAX_BYTES: '0' }],
  ])('keeps %s', async (_what, fields, environment) => {
    const { send, asked } = await start(fields, environment)
    await send('/')
    expect((await send('/')).body.toString()).toBe('answer 2')
    expect(asked).toHaveLength(2)
  })

  it('drops what was written to, also where the answer names it by the scheme of the client', async () => {
    const { send } = await start({ ...briefly, location: 'https://shop.test/products' })
    const ask = async (method: string, target: string): Promise<string> =>
      (await send(target, { host: 'shop.test', ...forwarded('https') }, method)).body.toString()
    expect(await ask('GET', '/products')).toBe('answer 1')
    await ask('POST', '/orders')
    expect(await ask('GET', '/products')).toBe('answer 3')
    await ask('DELETE', '/products')
    expect(await ask('GET', '/products')).toBe('answer 5')
  })

  it('tells what clients of either scheme get apart', async () => {
    const { send } = await start(briefly)
    const bodies: string[] = []
    for (const proto of ['https', 'http', 'https']) bodies.push((await send('/', forwarded(proto))).body.toString())
    expect(bodies).toEqual(['answer 1', 'answer 2', 'answer 1'])
  })

  it('believes nobody about the scheme who does not say whom it stands for', async () => {
    const { send, asked } = await start(briefly)
    await send('/', { 'x-forwarded-proto': 'https' })
    await send('/')
    expect(asked.map(({ headers }) => headers['x-forwarded-proto'])).toEqual(['http'])
  })

  it('asks the application when a request insists, as edges do after a purge', async () => {
    const { send } = await start(briefly)
    await send('/')
    expect((await send('/', { 'cache-control': 'max-age=0' })).body.toString()).toBe('answer 2')
  })

  it.each([{ cookie: 'a=1; changed=2' }, { 'x-changed': '2' }])('is no place for bearers of %j', async (bearer) => {
    const names = { WEB_CACHE_BYPASS_COOKIES: 'changed', WEB_CACHE_BYPASS_FIELDS: 'x-changed' }
    const { send } = await start(briefly, names)
    await send('/')
    expect((await send('/', bearer)).body.toString()).toBe('answer 2')
    expect((await send('/', { cookie: 'a=1' })).body.toString()).toBe('answer 1')
  })

  it('has no part in files', async () => {
    const { send, asked } = await start(briefly, {}, { 'a.txt': 'a' })
    expect((await send('/a.txt')).headers).not.toHaveProperty('cache-status')
    expect(asked).toHaveLength(0)
  })
})
