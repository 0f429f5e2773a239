import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { codes } from '@roundtrip/errors'
import { describe, expect, it } from 'vitest'
import { createSite, startTestWeb } from './testing.ts'

const nowhere = 'http://127.0.0.1:1'

describe('forwarding', () => {
  it('passes on what is no file, and appends itself to Via on both ways', async () => {
    const { send } = await startTestWeb(await createSite({}), (incoming, outgoing) => {
      outgoing.setHeader('set-cookie', ['a=1', 'b=2'])
      outgoing.end(JSON.stringify({ url: incoming.url, method: incoming.method, headers: incoming.headers }))
    })
    const { headers, body } = await send(
      '/products?page=2',
      {
        host: 'www.roundtrip.test:8443',
        via: '2 roundtrip-edge',
        'x-request-id': 'r-1',
        forwarded: 'for=192.0.2.1;host="www.roundtrip.test:8443";proto=https',
        'x-forwarded-for': '192.0.2.1',
        'x-forwarded-proto': 'https',
        connection: 'x-hop',
        'x-hop': '1',
      },
      'POST',
      '{}',
    )
    const seen = JSON.parse(body.toString())
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/products?page=2',
      headers: {
        host: 'www.roundtrip.test:8443',
        via: '2 roundtrip-edge, 1.1 roundtrip-web',
        'x-request-id': 'r-1',
        'x-forwarded-for': '192.0.2.1',
        'x-forwarded-proto': 'https',
        forwarded: 'for=192.0.2.1;host="www.roundtrip.test:8443";proto=https',
      },
    })
    expect(seen.headers).not.toHaveProperty('x-hop')
    expect(headers).toMatchObject({ via: '1.1 roundtrip-web', 'x-request-id': 'r-1', 'set-cookie': ['a=1', 'b=2'] })
  })

  it('tells who asked when no tier in front has', async () => {
    const { send } = await startTestWeb(await createSite({}), (incoming, outgoing) => {
      outgoing.end(JSON.stringify(incoming.headers))
    })
    expect(JSON.parse((await send('/')).body.toString())).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    })
  })

  it('times itself for a traced request, after the application', async () => {
    const { send } = await startTestWeb(await createSite({ 'a.txt': 'a' }), (_incoming, outgoing) => {
      outgoing.setHeader('server-timing', 'app;dur=1')
      outgoing.end()
    })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const timing = async (target: string) => (await send(target, { traceparent })).headers['server-timing']
    expect(await timing('/')).toMatch(/^app;dur=1, web;dur=[\d.]+;desc="web-1";by="forward"$/)
    expect(await timing('/a.txt')).toMatch(/^web;dur=[\d.]+;desc="web-1";by="static-files"$/)
    expect((await send('/a.txt')).headers).not.toHaveProperty('server-timing')
  })

  it.each([
    ['hangs up', (incoming: IncomingMessage) => incoming.socket.destroy(), {}, 'UPSTREAM_RESET'],
    ['is silent', () => undefined, { WEB_FIRST_BYTE_TIMEOUT_MS: '20' }, 'UPSTREAM_TIMEOUT'],
  ] as const)('fails by its name when the application %s', async (_how, answer, environment, code) => {
    const { send } = await startTestWeb(await createSite({}), answer, environment)
    const { status, headers, body } = await send('/')
    expect(status).toBe(codes[code].status)
    expect(headers['content-type']).toBe('application/problem+json')
    expect(JSON.parse(body.toString())).toMatchObject({ code })
  })

  it('is called off when the client goes away', async () => {
    const arrived = Promise.withResolvers<IncomingMessage>()
    const { origin } = await startTestWeb(await createSite({}), (incoming) => arrived.resolve(incoming))
    const outgoing = request(origin).on('error', () => undefined)
    outgoing.end()
    const atApp = await arrived.promise
    outgoing.destroy()
    await once(atApp.socket, 'close')
    expect(atApp.socket.destroyed).toBe(true)
  })

  it('keeps its connections to the application', async () => {
    const ports = new Set<number | undefined>()
    const { send } = await startTestWeb(await createSite({}), (incoming, outgoing) => {
      ports.add(incoming.socket.remotePort)
      outgoing.end()
    })
    for (let count = 0; count < 5; count++) await send('/')
    expect(ports.size).toBe(1)
  })

  it('refuses content beyond the limit', async () => {
    const { send } = await startTestWeb(await createSite({}), undefined, { WEB_MAX_BODY_BYTES: '5' })
    expect((await send('/', {}, 'POST', 'hello')).status).toBe(200)
    expect(await send('/', {}, 'POST', 'hello!')).toMatchObject({ status: 413 })
  })
})

describe('the instance', () => {
  it('is ready and serves files without any application', async () => {
    const { send, component } = await startTestWeb(await createSite({ 'a.txt': 'a' }), undefined, {
      WEB_UPSTREAMS: nowhere,
    })
    expect((await send('/a.txt')).body.toString()).toBe('a')
    expect(await send('/health/web')).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    expect(await component.health()).toMatchObject({ ready: true, checks: { '127.0.0.1:1': expect.any(String) } })
  })

  it('answers OPTIONS * itself', async () => {
    const { send } = await startTestWeb(await createSite({}))
    expect(await send('*', {}, 'OPTIONS')).toMatchObject({ status: 204, headers: { allow: expect.any(String) } })
  })

  it('takes heads that are larger than the tier in front lets through', async () => {
    const { send } = await startTestWeb(await createSite({}))
    const large = Object.fromEntries(Array.from({ length: 120 }, (_nothing, i) => [`x-${i}`, 'y'.repeat(200)]))
    expect((await send(`/${'a'.repeat(8192)}`, large)).status).toBe(200)
    expect((await send('/', { 'x-large': 'y'.repeat(33_000) })).status).toBe(431)
  })

  it('drains: what is in hand is answered, then its connection closes, and no other is opened', async () => {
    const arrived = Promise.withResolvers<() => void>()
    const { component, origin } = await startTestWeb(await createSite({}), (_incoming, outgoing) => {
      arrived.resolve(() => outgoing.end('late'))
    })
    const agent = new Agent({ keepAlive: true })
    const outgoing = request(origin, { agent })
    outgoing.end()
    const finish = await arrived.promise
    const drained = component.drain()
    await expect(fetch(origin)).rejects.toThrow('fetch failed')
    finish()
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    expect(await text(incoming)).toBe('late')
    expect(incoming.headers.connection).toBe('close')
    await drained
  })

  it('drains past a connection whose answer had begun before', async () => {
    const arrived = Promise.withResolvers<() => void>()
    const { component, origin } = await startTestWeb(await createSite({}), (_incoming, outgoing) => {
      outgoing.write('early, ')
      arrived.resolve(() => outgoing.end('late'))
    })
    const outgoing = request(origin, { agent: new Agent({ keepAlive: true }) })
    outgoing.end()
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    const drained = component.drain()
    ;(await arrived.promise)()
    expect(await text(incoming)).toBe('early, late')
    await drained
  })
})
