import { once } from 'node:events'
import { connect } from 'node:tls'
import { text } from 'node:stream/consumers'
import { Agent } from 'node:https'
import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  ask,
  askHttp2,
  askPlain,
  ca,
  connectSession,
  host,
  startOrigin,
  startTestEdge,
  type Reply,
  settingsFile,
} from './testing/test-edge.ts'
import { startClosedOrigin, startDyingOrigin, startMortalOrigin, startRawOrigin } from './testing/next-hops.ts'

it('names who gave an answer, not who gave it another form', async () => {
  const origin = await startOrigin((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'max-age=60' }).end('text '.repeat(1000)),
  )
  const edge = await startTestEdge([origin])
  const headers = { 'accept-encoding': 'gzip' }
  for (const by of ['forward', 'cache']) {
    expect((await ask(edge, '/', { headers })).headers['content-encoding']).toBe('gzip')
    await expect.poll(() => edge.lines.at(-1)).toMatchObject({ message: 'GET / 200', answeredBy: by })
  }
})

describe('an exchange through the edge', () => {
  it('is the same over HTTP/1.1 and HTTP/2', async () => {
    const origin = await startOrigin(async (request, response) => {
      response.writeHead(201, { 'x-seen': `${request.method} ${request.url} ${request.headers.via}` })
      response.end(`got ${await text(request)}`)
    })
    const edge = await startTestEdge([origin])
    const path = '/orders?a=%20b'
    const first = await ask(edge, path, { method: 'POST', body: 'hello' })
    expect(first).toMatchObject({ status: 201, text: 'got hello' })
    expect(first.headers['x-seen']).toBe(`POST ${path} 1.1 roundtrip-edge`)
    const second = await askHttp2(connectSession(edge), { ':path': path, ':method': 'POST' }, 'hello')
    expect(second).toMatchObject({ status: 201, text: 'got hello' })
    expect(second.headers['x-seen']).toBe(`POST ${path} 2 roundtrip-edge`)
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id'])
    const line = {
      status: 201,
      outcome: 'complete',
      answeredBy: 'forward',
      tls: 'TLSv1.3',
      client: '127.0.0.1',
      upstream: new URL(origin).host,
    }
    await expect
      .poll(() => edge.lines)
      .toMatchObject([
        { ...line, httpVersion: '1.1', requestId: first.headers['x-request-id'] },
        { ...line, httpVersion: '2', requestId: second.headers['x-request-id'] },
      ])
  })

  it('carries no content where there is none: HEAD, 204, 304, in both protocols', async () => {
    const origin = await startOrigin((request, response) => {
      const status = Number(request.url?.slice(1))
      response.writeHead(status, status === 200 ? { 'content-length': 5 } : { etag: '"a"' })
      response.end(request.method === 'HEAD' || status !== 200 ? undefined : 'hello')
    })
    const edge = await startTestEdge([origin])
    const session = connectSession(edge)
    const cases = [
      ['HEAD', 200],
      ['GET', 204],
      ['GET', 304],
      ['GET', 200],
    ] as const
    for (const [method, status] of cases) {
      const replies = [
        await ask(edge, `/${status}`, { method }),
        await askHttp2(session, { ':method': method, ':path': `/${status}` }),
      ]
      const body = method === 'GET' && status === 200 ? 'hello' : ''
      expect(replies.map((reply) => [reply.status, reply.text])).toEqual([
        [status, body],
        [status, body],
      ])
      const length = status === 200 ? '5' : undefined
      expect(replies.map(({ headers }) => headers['content-length'])).toEqual([length, length])
    }
  })

  it('answers OPTIONS * and keeps health checks private', async () => {
    const edge = await startTestEdge([await startOrigin((_request, response) => response.end())])
    expect(await ask(edge, '*', { method: 'OPTIONS' })).toMatchObject({
      status: 204,
      headers: { allow: expect.stringContaining('PATCH') },
    })
    const session = connectSession(edge)
    expect((await askHttp2(session, { ':method': 'OPTIONS', ':path': '*' })).status).toBe(204)
    expect((await askHttp2(session, { ':path': '/health/web' })).status).toBe(404)
  })

  it('redirects plain HTTP, and refuses hosts that are invalid or not ours', async () => {
    const edge = await startTestEdge([await startClosedOrigin()])
    const reply = await askPlain(edge, '/a?b=c', { host: `${host}:80` })
    expect([reply.status, reply.headers['location']]).toEqual([308, `https://${host}:${edge.httpsPort}/a?b=c`])
    expect((await askPlain(edge, '/', { host: 'user@evil' })).status).toBe(400)
    expect((await askPlain(edge, '/', { host: 'evil.test' })).status).toBe(421)
    const other = await startTestEdge([await startClosedOrigin()], { EDGE_PUBLIC_HTTPS_PORT: '443' })
    expect((await askPlain(other, '/', { host })).headers['location']).toBe(`https://${host}/`)
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    const edge = await startTestEdge([await startClosedOrigin()])
    const socket = connect({
      host: '127.0.0.1',
      port: edge.httpsPort,
      ca,
      servername: host,
      minVersion: version,
      maxVersion: version,
      ALPNProtocols: ['h2', 'http/1.1'],
    })
    await once(socket, 'secureConnect')
    expect([socket.getProtocol(), socket.alpnProtocol, socket.authorized]).toEqual([version, 'h2', true])
    socket.destroy()
  })

  it('refuses protocols nobody should speak any more', async () => {
    const edge = await startTestEdge([await startClosedOrigin()])
    const refused = async (options: object): Promise<unknown> => {
      const socket = connect({ host: '127.0.0.1', port: edge.httpsPort, ca, servername: host, ...options })
      return once(socket, 'secureConnect').catch((error: NodeJS.ErrnoException) => error.code)
    }
    expect(await refused({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).toMatch(
      /SSL/,
    )
    expect(await refused({ ALPNProtocols: ['spdy/3'] })).toMatch(/SSL/)
  })

  it('ignores a wish to upgrade', async () => {
    const origin = await startOrigin((request, response) => response.end(String(request.headers.upgrade)))
    const edge = await startTestEdge([origin])
    const headers = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'a',
      'sec-websocket-version': '13',
    }
    expect(await ask(edge, '/', { headers })).toMatchObject({ status: 200, text: 'undefined' })
  })
})

const problemOf = ({ status, headers, text: body }: Reply): Record<string, unknown> => {
  expect(headers['content-type']).toBe('application/problem+json')
  expect(JSON.parse(body)).toMatchObject({ status, requestId: headers['x-request-id'] })
  return JSON.parse(body) as Record<string, unknown>
}

describe('what goes wrong behind the edge', () => {
  const answers: Record<string, (socket: Socket) => unknown> = {
    'is closed before an answer': (socket) => socket.destroy(),
    'speaks no HTTP': (socket) => socket.end('220 smtp\r\n'),
    'does not answer in time': () => undefined,
  }

  it.each([
    ['is closed before an answer', 502, 'UPSTREAM_RESET', {}],
    ['speaks no HTTP', 502, 'UPSTREAM_INVALID', {}],
    ['does not answer in time', 504, 'UPSTREAM_TIMEOUT', { EDGE_FIRST_BYTE_TIMEOUT_MS: '50' }],
  ])('the next hop %s: %i', async (what, status, code, settings) => {
    const origin = await startRawOrigin((socket) => answers[what]?.(socket))
    const edge = await startTestEdge([origin], settings)
    expect(problemOf(await ask(edge, '/'))).toMatchObject({ status, code })
    expect(edge.lines).toContainEqual(expect.objectContaining({ level: 'warn', code }))
  })

  it.each([
    ['GET', [200]],
    ['POST', [200, 504]],
  ])(
    'one of two next hops keeps silent: the other answers each %s that may be sent twice',
    async (method, statuses) => {
      const silent = await startRawOrigin(() => undefined)
      const other = await startOrigin((_request, response) => response.end('ok'))
      const members = [{ origin: silent }, { origin: other }]
      const web = { members, balance: { algorithm: 'round-robin' }, timeouts: { firstByteMs: 400 } }
      const edge = await startTestEdge([], { EDGE_SETTINGS_FILE: settingsFile({ pools: { web } }) })
      const replies = [await ask(edge, '/a', { method }), await ask(edge, '/b', { method })]
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set(statuses))
    },
  )

  it('the next hop has just gone: 502, then 503 when that was noticed', async () => {
    const { origin, gone } = await startDyingOrigin()
    const edge = await startTestEdge([origin], { EDGE_HEALTH_CHECK_INTERVAL_MS: '50', EDGE_HEALTH_CHECK_FALL: '3' })
    await gone
    expect(problemOf(await ask(edge, '/'))).toMatchObject({ status: 502, code: 'UPSTREAM_UNREACHABLE' })
    await expect.poll(() => edge.component.health()).toMatchObject({ ready: false })
    const reply = await ask(edge, '/')
    expect(problemOf(reply)).toMatchObject({ status: 503, code: 'NO_HEALTHY_UPSTREAM' })
    expect(reply.headers['retry-after']).toBe('1')
  })

  it('the response breaks off: the client sees that it did', async () => {
    const origin = await startRawOrigin((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => socket.destroy()),
    )
    const edge = await startTestEdge([origin])
    await expect(ask(edge, '/')).rejects.toThrow('aborted')
    await expect(askHttp2(connectSession(edge), { ':path': '/' })).rejects.toThrow('NGHTTP2_INTERNAL_ERROR')
    await expect.poll(() => edge.lines.filter(({ outcome }) => outcome === 'truncated')).toHaveLength(2)
  })

  it('the next hop fails in the middle of an upload: 502, and the connection is of use again', async () => {
    const origin = await startRawOrigin((socket) => socket.destroy())
    const edge = await startTestEdge([origin])
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const body = 'a'.repeat(5_000_000)
    const replies = [
      await ask(edge, '/', { method: 'POST', body, agent }),
      await ask(edge, '/', { method: 'POST', body, agent }),
    ]
    expect(replies.map(({ status }) => status)).toEqual([502, 502])
  })
})

describe('a next hop that is killed under load', () => {
  it('costs no request, neither before nor after the health check noticed', async () => {
    const survivor = await startOrigin((_request, response) => response.end('survivor'))
    const { origin: victim, kill } = await startMortalOrigin('victim')
    const edge = await startTestEdge([survivor, victim], { EDGE_HEALTH_CHECK_INTERVAL_MS: '50' })
    const session = connectSession(edge)
    const failures: Reply[] = []
    const answeredBy = new Set<string>()
    const load = { running: true }
    const clients = Array.from({ length: 16 }, async () => {
      while (load.running) {
        const reply = await askHttp2(session, { ':path': '/' })
        answeredBy.add(reply.text)
        if (reply.status !== 200) failures.push(reply)
      }
    })
    await expect.poll(() => answeredBy.size).toBe(2)
    kill()
    const unhealthy = { ready: true, checks: { [new URL(victim).host]: expect.stringMatching(/^unhealthy/) } }
    await expect.poll(() => edge.component.health()).toMatchObject(unhealthy)
    answeredBy.clear()
    await expect.poll(() => answeredBy.size).toBe(1)
    load.running = false
    await Promise.all(clients)
    expect(failures).toEqual([])
    expect(answeredBy).toEqual(new Set(['survivor']))
  })
})
