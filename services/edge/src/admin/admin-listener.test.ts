import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { recordingLog } from '../testing/test-edge.ts'
import { listenForAdmin, type AdminOptions, type AdminRequest } from './admin-listener.ts'

const start = async (options: Partial<AdminOptions> = {}) => {
  const listener = await listenForAdmin({
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    log: recordingLog().log,
    routes: {
      'GET /metrics': async () => 'edge_up 1\n',
      'GET /pools/:pool': async ({ parameters, query }: AdminRequest) => ({ parameters, only: query.get('only') }),
      'POST /purge': async ({ body }: AdminRequest) => ({ body }),
      'GET /broken': () => Promise.reject(new Error('a bug')),
    },
    ...options,
  })
  onTestFinished(() => listener.close())
  return async (method: string, path: string, headers: Record<string, string> = {}, body?: string) => {
    const { hostname, port } = new URL(listener.address)
    const request = httpRequest({ hostname, port, path, method, headers, agent: false })
    const [response] = (await once(request.end(body), 'response')) as [IncomingMessage]
    const type = response.headers['content-type'] ?? ''
    const content = await text(response)
    return {
      status: response.statusCode,
      type,
      content: type.includes('json') ? (JSON.parse(content) as unknown) : content,
    }
  }
}

describe('the admin listener', () => {
  it('finds what is asked by method and path, parameters taken out', async () => {
    const ask = await start()
    expect(await ask('GET', '/pools/we%20b?only=out')).toMatchObject({
      status: 200,
      content: { parameters: { pool: 'we b' }, only: 'out' },
    })
    expect(await ask('POST', '/purge', { 'content-length': '10' }, '{"a":"b"} ')).toMatchObject({
      content: { body: { a: 'b' } },
    })
    expect(await ask('GET', '/metrics')).toMatchObject({
      type: expect.stringContaining('0.0.4'),
      content: 'edge_up 1\n',
    })
  })

  it('says what it has when asked for something else', async () => {
    const { status, content } = await (await start())('GET', '/metric')
    expect(status).toBe(404)
    const detail = 'The admin API has no GET /metric: did you mean GET /metrics? GET / lists what it has.'
    expect(content).toMatchObject({ detail })
  })

  it('does not guess where nothing comes near', async () => {
    const { content } = await (await start())('GET', '/nothing-of-the-kind')
    const detail = 'The admin API has no GET /nothing-of-the-kind. GET / lists what it has.'
    expect(content).toMatchObject({ detail })
  })

  it.each([
    ['a web page', { origin: 'https://evil.test' }],
    ['a name rebound to our address', { host: 'evil.test:80' }],
  ])('does not answer %s', async (_who, headers) => {
    expect(await (await start())('GET', '/metrics', headers)).toMatchObject({ status: 403 })
  })

  it('answers by its token only, where it has one', async () => {
    const ask = await start({ token: 'secret' })
    expect((await ask('GET', '/metrics')).status).toBe(403)
    expect((await ask('GET', '/metrics', { authorization: 'Bearer wrong' })).status).toBe(403)
    expect((await ask('GET', '/metrics', { authorization: 'Bearer secret' })).status).toBe(200)
  })

  it.each([
    ['no JSON', '{', 400],
    ['no object', '[1]', 400],
    ['far too much', `{"a":"${'x'.repeat(70_000)}"}`, 413],
  ])('refuses content that is %s', async (_what, body, status) => {
    const ask = await start()
    expect(await ask('POST', '/purge', { 'content-length': String(body.length) }, body)).toMatchObject({ status })
  })

  it('keeps what went wrong inside to its log', async () => {
    const { status, content } = await (await start())('GET', '/broken')
    expect([status, JSON.stringify(content)]).toEqual([500, expect.not.stringContaining('a bug')])
  })
})
