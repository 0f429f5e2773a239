import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { bodyLimit, errorResponse, type HttpHandler, type HttpRequest } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { connectRaw, exchangeRaw, readAll, readUntil, serveForTest, testResponse, until } from '../testing.ts'

const answering: HttpHandler = async () => testResponse()
const echoing: HttpHandler = async ({ body }) => testResponse({ body: body === undefined ? '' : await text(body) })
const head = 'Host: a\r\nConnection: close\r\n'

const readOne = async (raw: string): Promise<{ request: HttpRequest | undefined; response: string }> => {
  let seen: HttpRequest | undefined
  const served = await serveForTest(async (request, context) => {
    seen = request
    return echoing(request, context)
  })
  return { response: await exchangeRaw(served, raw), request: seen }
}

describe('reading', () => {
  it('takes origin-form as it is, and keeps Host apart from the fields', async () => {
    const { request } = await readOne(`GET /a%20b?c=d HTTP/1.1\r\n${head}X-One: 1\r\nx-one: 2\r\n\r\n`)
    expect(request).toMatchObject({ method: 'GET', target: '/a%20b?c=d', scheme: 'http', authority: 'a' })
    expect(request?.httpVersion).toBe('1.1')
    expect(request?.fields.toRaw()).toEqual(['connection', 'close', 'x-one', '1', 'x-one', '2'])
    expect(request?.body).toBeUndefined()
  })

  it('takes absolute-form that agrees with Host', async () => {
    const { request } = await readOne(`GET http://B.test:81?q HTTP/1.1\r\nHost: b.TEST:81\r\nConnection: close\r\n\r\n`)
    expect(request).toMatchObject({ target: '/?q', authority: 'b.test:81' })
  })

  it('passes OPTIONS * on', async () => {
    expect((await readOne(`OPTIONS * HTTP/1.1\r\n${head}\r\n`)).request?.target).toBe('*')
  })

  it.each([
    ['announced', 'Content-Length: 5\r\n\r\nhello'],
    ['chunked', 'Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nX: y\r\n\r\n'],
  ])('streams %s content', async (_how, rest) => {
    const { response } = await readOne(`POST / HTTP/1.1\r\n${head}${rest}`)
    expect(response).toMatch(/\r\n\r\nhello$/)
  })

  it('sees no body where there is no content', async () => {
    const { request } = await readOne(`POST / HTTP/1.1\r\n${head}Content-Length: 0\r\n\r\n`)
    expect(request?.body).toBeUndefined()
  })
})

describe('refusing', () => {
  it.each([
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 'more than one Host'],
    ['a fragment', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n', 'without a fragment'],
  ])('%s: with a problem, a request id, a log line and the end of the connection', async (_what, raw, why) => {
    const served = await serveForTest(() => Promise.reject(new Error('must not be called')))
    const response = await exchangeRaw(served, raw)
    expect(response).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(response).toMatch(/\r\nconnection: close\r\n/)
    const requestId = /x-request-id: (\S+)/.exec(response)?.[1]
    expect(JSON.parse(response.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      code: 'BAD_REQUEST',
      detail: expect.stringContaining(why),
      requestId,
    })
    expect(served.log.lines).toMatchObject([{ level: 'info', facts: { requestId, status: 400, code: 'BAD_REQUEST' } }])
    expect(served.server.stats()).toMatchObject({ refused: { BAD_REQUEST: 1 }, requests: 0 })
  })

  it('CONNECT, naming what is allowed', async () => {
    const served = await serveForTest(answering, { allow: 'GET' })
    const response = await exchangeRaw(served, 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(response).toMatch(/^HTTP\/1\.1 405 [^]*\r\nallow: GET\r\n/)
  })

  it('a scheme that the connection does not carry', async () => {
    const served = await serveForTest(answering)
    const response = await exchangeRaw(served, 'GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(response).toMatch(/^HTTP\/1\.1 421 /)
  })

  it('a body that turns out malformed, with nobody left to answer it', async () => {
    const failure = Promise.withResolvers<unknown>()
    const served = await serveForTest(async ({ body }) => {
      if (body !== undefined) await text(body).catch(failure.resolve)
      return testResponse()
    })
    const socket = await connectRaw(served)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n')
    await until(() => served.server.stats().requests === 1)
    socket.write('xyz\r\n')
    const response = await readAll(socket)
    expect(response).toMatch(/^HTTP\/1\.1 400 [^]*}\n$/)
    const refusal = await failure.promise
    expect(refusal).toMatchObject({ code: 'BAD_REQUEST' })
    const bodyBytes = response.length - response.indexOf('\r\n\r\n') - 4
    expect(await served.delivery).toEqual({ outcome: 'refused', bodyBytes, refusal })
    // Whoever handles requests has it in a log.
    const [, requestId] = /x-request-id: (.*)\r\n/.exec(response) ?? []
    expect(served.log.lines).toMatchObject([{ level: 'debug', facts: { requestId, status: 400, code: 'BAD_REQUEST' } }])
  })

  it('answers in full, and reads on for a while, before it closes', async () => {
    const served = await serveForTest(answering)
    const socket = await connectRaw(served)
    const response = readAll(socket)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 5000000\r\n\r\n')
    await until(() => served.log.lines.length === 1)
    // A server that closed at once would answer this with a reset, and the client might never see the 400.
    socket.end(Buffer.alloc(5_000_000))
    expect(await response).toMatch(/^HTTP\/1\.1 400 [^]*}\n$/)
    await served.connections[0]?.closed
  })
})

describe('content that nobody reads to its end', () => {
  it('is thrown away, for the next request stands behind it', async () => {
    const served = await serveForTest(async ({ body, target }) => {
      if (body !== undefined) await once(body, 'data').then(() => body.pause())
      return testResponse({ body: target })
    })
    const upload = `POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000_000)}`
    const response = await exchangeRaw(served, `${upload}GET /second HTTP/1.1\r\n${head}\r\n`)
    expect(response).toMatch(/\/firstHTTP[^]*\/second$/)
  })

  it.each([
    ['announced', 'Content-Length: 1000000', 'x'.repeat(1_000_000)],
    ['chunked', 'Transfer-Encoding: chunked', `f4240\r\n${'x'.repeat(1_000_000)}\r\n0\r\n\r\n`],
  ])('ends the connection when it is too much: %s', async (_how, framing, body) => {
    const served = await serveForTest(async ({ target }) => testResponse({ body: target }), {
      limits: { maxDrainBytes: 10_000 },
    })
    const octets = `POST /first HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n${body}GET /second HTTP/1.1\r\n${head}\r\n`
    const response = await exchangeRaw(served, octets)
    expect(response).toMatch(/\/first$/)
    // What is announced is known before: the client need not send it in vain.
    expect(response.includes('connection: close')).toBe(framing.startsWith('Content-Length'))
  })
})

describe('a request refused by its handler while content still arrives', () => {
  it('is answered in full before the connection closes', async () => {
    const served = await serveForTest(errorResponse()(bodyLimit(1000)(answering)))
    const socket = await connectRaw(served)
    const response = readAll(socket)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n')
    await until(() => served.server.stats().requests === 1)
    // A server that closed at once would answer this with a reset, and the client might never see the 413.
    socket.end(Buffer.alloc(5_000_000))
    expect(await response).toMatch(/^HTTP\/1\.1 413 [^]*"code":"BODY_TOO_LARGE"/)
    expect(await served.delivery).toMatchObject({ outcome: 'complete' })
  })
})

describe('content that waits for its reader', () => {
  it('is left with the client', async () => {
    const read = Promise.withResolvers<void>()
    const served = await serveForTest(async (request, context) => {
      await read.promise
      return echoing(request, context)
    })
    const socket = await connectRaw(served)
    const response = readAll(socket)
    socket.write(`POST / HTTP/1.1\r\n${head}Content-Length: 50000000\r\n\r\n`)
    socket.write(Buffer.alloc(50_000_000, 'x'))
    await until(() => served.server.stats().requests === 1)
    for (let turn = 0; turn < 1000; turn++) await new Promise(setImmediate)
    expect(socket.bytesWritten - socket.writableLength).toBeLessThan(50_000_000)
    read.resolve()
    expect((await response).length).toBeGreaterThan(50_000_000)
  })
})

describe('Expect: 100-continue', () => {
  const announce = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n'

  it('is met when somebody begins to read', async () => {
    const read = Promise.withResolvers<void>()
    const served = await serveForTest(async (request, context) => {
      await read.promise
      return echoing(request, context)
    })
    const socket = await connectRaw(served)
    socket.write(`${announce}Connection: close\r\n\r\n`)
    await until(() => served.server.stats().requests === 1)
    read.resolve()
    expect(await readUntil(socket, '\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('hello')
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 [^]*hello$/)
  })

  it('is not met by a final response; what follows could be either content or a request, so the connection ends', async () => {
    const served = await serveForTest(async () => testResponse({ status: 413, body: '' }))
    const response = await exchangeRaw(served, `${announce}\r\n`)
    expect(response).toMatch(/^HTTP\/1\.1 413 [^]*connection: close/)
    expect(response).not.toContain('100 Continue')
  })

  it('is not met when the content is there already', async () => {
    const served = await serveForTest(echoing)
    expect(await exchangeRaw(served, `${announce}Connection: close\r\n\r\nhello`)).toMatch(/^HTTP\/1\.1 200 [^]*hello$/)
  })

  it('is 417 when it is something else', async () => {
    const served = await serveForTest(answering)
    const response = await exchangeRaw(served, `${announce.replace('100-continue', 'a-pony')}\r\n`)
    expect(response).toMatch(/^HTTP\/1\.1 417 /)
  })
})
