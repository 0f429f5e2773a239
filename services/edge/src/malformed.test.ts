import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { startOrigin, startTestEdge, connectRaw, connectSession, exchangeRaw, host } from './testing/test-edge.ts'

const start = async (environment: Record<string, string> = {}) => {
  const seen: string[] = []
  const origin = await startOrigin(async (request, response) => {
    seen.push(`${request.method} ${request.url}`)
    response.end(await text(request).catch(() => 'cut short'))
  })
  return { edge: await startTestEdge([origin], environment), seen }
}

describe('octets that are no request', () => {
  it.each([
    ['two hosts', 'GET / HTTP/1.1\r\nHost: NAME\r\nHost: NAME\r\n\r\n', /more than one Host/],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', /no valid host/],
    ['a host with userinfo', 'GET / HTTP/1.1\r\nHost: a@NAME\r\n\r\n', /no valid host/],
    [
      'both framings',
      'POST / HTTP/1.1\r\nHost: NAME\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      /contradict|beside/,
    ],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: NAME\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
      /Content-Length/,
    ],
    [
      'a length that is no number',
      'POST / HTTP/1.1\r\nHost: NAME\r\nContent-Length: +5\r\n\r\nhello',
      /Content-Length/,
    ],
    [
      'an unknown coding',
      'POST / HTTP/1.1\r\nHost: NAME\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
      /Transfer-Encoding/,
    ],
    [
      'a coding after chunked',
      'POST / HTTP/1.1\r\nHost: NAME\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
      /Transfer-Encoding/,
    ],
    ['a bad chunk size', 'POST / HTTP/1.1\r\nHost: NAME\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', /chunk/],
    ['a folded field', 'GET / HTTP/1.1\r\nHost: NAME\r\nX-A: b\r\n c\r\n\r\n', /field|malformed/],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : NAME\r\n\r\n', /field/],
    ['a bare CR', 'GET / HTTP/1.1\r\nHost: NAME\r\nX-A: b\rX-B: c\r\n\r\n', /bare CR/],
    ['a NUL', 'GET / HTTP/1.1\r\nHost: NAME\r\nX-A: b\0\r\n\r\n', /control character/],
    ['a fragment', 'GET /#a HTTP/1.1\r\nHost: NAME\r\n\r\n', /path/],
    ['GET *', 'GET * HTTP/1.1\r\nHost: NAME\r\n\r\n', /\*/],
    ['something else', 'HELO roundtrip\r\n\r\n', /./],
  ])('%s: 400, and the connection ends', async (_what, octets, detail) => {
    const { edge, seen } = await start()
    const reply = await exchangeRaw(edge, octets.replaceAll('NAME', host))
    const [head = '', body = '{}'] = reply.split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(head.toLowerCase()).toContain('content-type: application/problem+json')
    expect(head.toLowerCase()).toContain('connection: close')
    const problem = JSON.parse(body) as { detail: string; requestId: string }
    expect(problem).toMatchObject({ status: 400, code: 'BAD_REQUEST', detail: expect.stringMatching(detail) })
    expect(head).toContain(problem.requestId)
    expect(edge.lines).toContainEqual(expect.objectContaining({ level: 'info', requestId: problem.requestId }))
    expect(seen.filter((line) => !line.startsWith('POST'))).toEqual([])
  })

  it('nothing after a refused request is taken for another one', async () => {
    const { edge, seen } = await start()
    const smuggled = `GET /smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`
    const both = `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`
    expect(await exchangeRaw(edge, both)).toMatch(/^HTTP\/1\.1 400 [^]*}\n$/)
    expect(seen).toEqual([])
  })

  it('fields that are too large: 431', async () => {
    const { edge } = await start()
    const reply = await exchangeRaw(edge, `GET / HTTP/1.1\r\nHost: ${host}\r\nX-Big: ${'a'.repeat(100_000)}\r\n\r\n`)
    expect(reply).toMatch(/^HTTP\/1\.1 431 /)
    expect(reply).toContain('HEADERS_TOO_LARGE')
  })

  it('CONNECT: 405 in both protocols', async () => {
    const { edge } = await start()
    const reply = await exchangeRaw(edge, `CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    expect(reply).toMatch(/^HTTP\/1\.1 405 /)
    expect(reply).toMatch(/\r\nallow: GET/)
    const stream = connectSession(edge).request({ ':method': 'CONNECT', ':authority': `${host}:443` })
    const [head] = (await once(stream, 'response')) as [Record<string, unknown>]
    expect(head).toMatchObject({ ':status': 405, allow: expect.stringMatching(/^GET/) })
  })

  it('plain HTTP at the TLS port: closed, and the edge lives on', async () => {
    const { edge } = await start()
    const socket = connect(edge.httpsPort, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('GET / HTTP/1.1\r\n\r\n')
    await once(socket, 'close')
    expect(await exchangeRaw(edge, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).toMatch(/ 200 OK/)
  })
})

const announce = (length: number, path = '/'): string =>
  `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`

describe('Expect', () => {
  it('continues when every limit has passed', async () => {
    const { edge } = await start()
    const socket = await connectRaw(edge)
    const all = text(socket)
    socket.write(announce(5))
    const [interim] = (await once(socket, 'data')) as [Buffer]
    expect(interim.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('hello')
    expect(await all).toMatch(/ 200 OK[^]*hello/)
  })

  it.each([
    ['too large', announce(11), '413'],
    ['a private path', announce(5, '/health/web'), '404'],
    ['something else', announce(5).replace('100-continue', 'a-pony'), '417'],
  ])('does not for %s', async (_what, octets, status) => {
    const { edge, seen } = await start({ EDGE_MAX_BODY_BYTES: '10' })
    const socket = await connectRaw(edge)
    socket.write(octets)
    const [reply] = (await once(socket, 'data')) as [Buffer]
    expect(reply.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(seen).toEqual([])
  })

  it('continues over HTTP/2', async () => {
    const { edge } = await start()
    const stream = connectSession(edge).request({ ':method': 'POST', ':authority': host, expect: '100-continue' })
    await once(stream, 'continue')
    stream.end('hello')
    expect(await text(stream)).toBe('hello')
  })
})

describe('content', () => {
  it('that turns out malformed is logged once, with what its client was told', async () => {
    const { edge, seen } = await start()
    const socket = await connectRaw(edge)
    socket.write(`POST /upload HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n`)
    await expect.poll(() => seen).toHaveLength(1)
    socket.write('xyz\r\n')
    const [, requestId] = /^HTTP\/1\.1 400 [^]*x-request-id: (.*)\r\n/.exec(await text(socket)) ?? []
    const linesOf = () => edge.lines.filter((line) => line['requestId'] === requestId && line.level !== 'debug')
    await expect.poll(linesOf).toMatchObject([
      {
        message: 'POST /upload 400',
        status: 400,
        outcome: 'refused',
        code: 'BAD_REQUEST',
        reason: expect.stringContaining('chunk'),
      },
    ])
  })

  it('over the limit is refused, announced or not, in both protocols', async () => {
    const { edge } = await start({ EDGE_MAX_BODY_BYTES: '10' })
    const post = `POST / HTTP/1.1\r\nHost: ${host}\r\n`
    const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n6\r\nworld!\r\n0\r\n\r\n`
    for (const octets of [`${post}Content-Length: 12\r\n\r\nhello world!`, chunked]) {
      const reply = await exchangeRaw(edge, octets)
      expect(reply).toMatch(/^HTTP\/1\.1 413 /)
      expect(reply).toContain('BODY_TOO_LARGE')
    }
    const stream = connectSession(edge).request({ ':method': 'POST', ':authority': host })
    stream.write('hello ')
    stream.write('world!')
    const [head] = (await once(stream, 'response')) as [Record<string, unknown>]
    expect(head[':status']).toBe(413)
  })
})
