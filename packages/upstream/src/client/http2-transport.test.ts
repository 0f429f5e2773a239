import { once } from 'node:events'
import { constants, createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Fields } from '@roundtrip/http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { wasNeverSent } from '../upstream-error.ts'
import { contentOf, testClient, testRequest, testTransport } from './testing.ts'
import type { TransportOptions } from './transport-options.ts'

type Answer = (stream: ServerHttp2Stream, headers: Record<string, unknown>) => unknown

const start = async (answer: Answer, overrides: Partial<TransportOptions> = {}, maxConcurrentStreams = 100) => {
  const server = createServer({ settings: { maxConcurrentStreams } })
  const sessions: Http2Session[] = []
  server.on('session', (session) => {
    sessions.push(session)
    session.on('error', () => undefined)
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    void answer(stream as ServerHttp2Stream, headers)
  })
  onTestFinished(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const transport = testTransport(`http://127.0.0.1:${port}`, { protocol: 'http2', ...overrides })
  return { transport, sessions, send: (target = '/') => transport.send(testRequest({ target }), testClient()) }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

describe('requests over HTTP/2', () => {
  it('share one connection, each with its own answer', async () => {
    const { transport, sessions, send } = await start((stream, headers) => {
      stream.respond({ ':status': 200, 'set-cookie': ['a=1', 'b=2'] })
      stream.end(`answer to ${String(headers[':path'])}`)
    })
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => send(`/${i}`)))
    for (const [i, answer] of answers.entries()) expect(await contentOf(answer)).toBe(`answer to /${i}`)
    expect(answers[0]?.fields.getAll('set-cookie')).toEqual(['a=1', 'b=2'])
    expect(sessions).toHaveLength(1)
    expect(transport.stats).toMatchObject({ open: 1, idle: 1, inFlight: 0, waiting: 0, connects: 1 })
  })

  it('carry content and what is end to end', async () => {
    const seen = Promise.withResolvers<{ headers: Record<string, unknown>; content: string }>()
    const { transport } = await start(async (stream, headers) => {
      seen.resolve({ headers, content: await text(stream) })
      stream.respond({ ':status': 201 }, { endStream: true })
    })
    const fields = Fields.of({ connection: 'x-hop', 'x-hop': '1', te: 'gzip', 'x-end': '2', 'content-length': 6 })
    const body = Readable.from([Buffer.from('abc'), Buffer.from('def')])
    const response = await transport.send(testRequest({ method: 'PUT', target: '/a?b', fields, body }), testClient())
    expect([response.status, response.body, response.httpVersion]).toEqual([201, undefined, '2'])
    const { headers, content } = await seen.promise
    expect(content).toBe('abcdef')
    expect(Object.fromEntries(Object.entries(headers))).toEqual({
      ':method': 'PUT',
      ':scheme': 'http',
      ':authority': 'www.roundtrip.test',
      ':path': '/a?b',
      'x-end': '2',
      'content-length': '6',
    })
  })

  it('never exceed what the next hop takes at once', async () => {
    let open = 0
    let most = 0
    const answers: (() => void)[] = []
    const { send } = await start(
      (stream) => {
        most = Math.max(most, ++open)
        stream.once('close', () => open--)
        answers.push(() => stream.respond({ ':status': 204 }, { endStream: true }))
      },
      { maxConnections: 1 },
      2,
    )
    const all = Array.from({ length: 6 }, (_, i) => send(`/${i}`))
    for (let answered = 0; answered < 6;) {
      const answer = answers.shift()
      if (answer === undefined) await turn()
      else {
        answer()
        answered++
      }
    }
    await Promise.all(all)
    expect(most).toBe(2)
  })

  it.each([{ target: '/a b' }, { fields: Fields.of({ a: 'b\r\nc' }) }])(
    'that cannot be sent are refused: %j',
    async (wrong) => {
      const { transport } = await start(() => undefined)
      await expect(transport.send(testRequest(wrong), testClient())).rejects.toMatchObject({ code: 'BAD_REQUEST' })
      expect(transport.stats.connects).toBe(0)
    },
  )
})

describe('what goes wrong over HTTP/2', () => {
  it('a refused stream was never sent', async () => {
    const { send } = await start((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM))
    const error = await send().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'UPSTREAM_RESET', details: { sent: false } })
    expect(wasNeverSent(error as never)).toBe(true)
  })

  it('GOAWAY leaves what was taken to be finished, and the rest goes over a new connection', async () => {
    const streams: ServerHttp2Stream[] = []
    const { sessions, send } = await start((stream, headers) => {
      if (headers[':path'] === '/2') stream.respond({ ':status': 204 }, { endStream: true })
      else streams.push(stream)
    })
    const first = send('/1')
    while (streams.length === 0) await turn()
    sessions[0]?.goaway(constants.NGHTTP2_NO_ERROR, 1)
    while (sessions.length < 2) {
      // Until the news has arrived, requests meet a connection that takes no more of them.
      const answer = await send('/2').catch((error: unknown) => error)
      expect(answer).toMatchObject(answer instanceof Error ? { details: { sent: false } } : { status: 204 })
    }
    streams[0]?.respond({ ':status': 200 })
    streams[0]?.end('late')
    expect(await contentOf(await first)).toBe('late')
    expect(sessions).toHaveLength(2)
  })

  it('GOAWAY for an error says what was not acted on', async () => {
    const { sessions, send } = await start(() => {
      // It has seen the first stream only; the other one has crossed its GOAWAY on the way.
      sessions[0]?.goaway(constants.NGHTTP2_INTERNAL_ERROR, 1)
    })
    const outcomes = await Promise.allSettled([send('/1'), send('/2')])
    expect(outcomes.map((one) => one.status === 'rejected' && one.reason.details)).toMatchObject([
      { sent: true },
      { sent: false },
    ])
  })

  it.each([new Error('broken'), undefined])(
    'content that breaks off is never taken for the whole: %s',
    async (reason) => {
      const { send } = await start((stream) => {
        stream.respond({ ':status': 200 })
        stream.write('half', () => stream.destroy(reason))
      })
      await expect(send().then(contentOf)).rejects.toMatchObject({ code: 'UPSTREAM_RESET', source: 'upstream' })
    },
  )

  it('a connection that breaks fails all that is on it', async () => {
    const { transport, sessions, send } = await start((stream) => {
      stream.respond({ ':status': 200 })
      stream.write('half')
    })
    const answers = await Promise.all([send(), send()])
    const contents = Promise.allSettled(answers.map(contentOf))
    sessions[0]?.destroy()
    for (const one of await contents) expect(one.status).toBe('rejected')
    while (transport.stats.open > 0) await turn()
    expect(transport.stats).toMatchObject({ inFlight: 0 })
  })

  it('a next hop that speaks HTTP/1.1, or is not there', async () => {
    const gone = testTransport('http://127.0.0.1:1', { protocol: 'http2' })
    await expect(gone.send(testRequest(), testClient())).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      details: { sent: false },
    })
    expect(gone.stats).toMatchObject({ waiting: 0, inFlight: 0 })
  })

  it('silence: first byte, content, and a connection left after it has been silent too often', async () => {
    const arrived: unknown[] = []
    const { transport, sessions, send } = await start((stream, headers) => {
      arrived.push(stream.id)
      if (headers[':path'] !== '/content') return
      stream.respond({ ':status': 200 })
      stream.write('half')
    })
    const content = contentOf(await send('/content'))
    transport.pass(3000)
    await expect(content).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    for (let i = 0; i < 3; i++) {
      const silent = send('/silent')
      while (arrived.length < i + 2) await turn()
      transport.pass(2000)
      await expect(silent).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT', details: { sent: true } })
    }
    const next = contentOf(await send('/content'))
    expect(sessions).toHaveLength(2)
    transport.pass(3000)
    await expect(next).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
  })
})

describe('a client of HTTP/2 that leaves', () => {
  it('has its stream reset, and no other', async () => {
    const reset = Promise.withResolvers<number>()
    let other: ServerHttp2Stream | undefined
    const { transport, send } = await start((stream, headers) => {
      stream.respond({ ':status': 200 })
      if (headers[':path'] === '/other') other = stream
      else stream.once('close', () => reset.resolve(stream.rstCode ?? 0))
      stream.write('part')
    })
    const client = testClient()
    const left = await transport.send(testRequest(), client)
    const stays = await send('/other')
    const content = contentOf(left)
    client.leave()
    await expect(content).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
    expect(await reset.promise).toBe(constants.NGHTTP2_CANCEL)
    other?.end(' and end')
    expect(await contentOf(stays)).toBe('part and end')
    expect(transport.stats).toMatchObject({ open: 1, inFlight: 0 })
  })

  it('or reads slowly holds its stream back', async () => {
    const content = 'x'.repeat(4 * 1024 * 1024)
    const { transport, send } = await start((stream) => {
      stream.respond({ ':status': 200 })
      stream.end(content)
    })
    const answer = await send()
    for (let i = 0; i < 200; i++) await turn()
    expect((answer.body as Readable).readableLength).toBeLessThan(1024 * 1024)
    transport.pass(1_000_000)
    expect(await contentOf(answer)).toBe(content)
  })
})

describe('drain over HTTP/2', () => {
  it('finishes what is in flight, closes, and refuses what comes', async () => {
    let stream: ServerHttp2Stream | undefined
    const { transport, send } = await start((opened) => {
      stream = opened
      opened.respond({ ':status': 200 })
      opened.write('begun')
    })
    const answer = await send()
    const drained = transport.drain()
    await expect(send()).rejects.toMatchObject({ details: { sent: false } })
    stream?.end(' finished')
    expect(await contentOf(answer)).toBe('begun finished')
    await drained
    while (transport.stats.open > 0) await turn()
  })
})
