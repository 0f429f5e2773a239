import { once } from 'node:events'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { Fields } from '../fields.ts'
import type { HttpHandler, HttpRequest } from '../message.ts'
import { bodyLimit } from '../layers/body-limit.ts'
import { errorResponse } from '../layers/error-response.ts'
import { connectRaw, exchangeRaw, serveForTest, testResponse } from '../testing.ts'

const answering: HttpHandler = async () => testResponse()
const head = 'Host: a\r\nConnection: close\r\n'

/** Serves one raw request and returns what became of it. */
const readOne = async (raw: string): Promise<{ request: HttpRequest | undefined; response: string }> => {
  let seen: HttpRequest | undefined
  const served = await serveForTest('http1', async (request) => {
    seen = request
    return testResponse({ body: request.body === undefined ? '' : await text(request.body) })
  })
  return { response: await exchangeRaw(served, raw), request: seen }
}

describe('reading HTTP/1.1', () => {
  it('takes origin-form as it is, and keeps Host apart from the fields', async () => {
    const { request } = await readOne(`GET /a%20b?c=d HTTP/1.1\r\n${head}X-One: 1\r\nx-one: 2\r\n\r\n`)
    expect(request).toMatchObject({ method: 'GET', target: '/a%20b?c=d', scheme: 'http', authority: 'a' })
    expect(request?.httpVersion).toBe('1.1')
    expect(request?.fields.toRaw()).toEqual(['connection', 'close', 'x-one', '1', 'x-one', '2'])
    expect(request?.body).toBeUndefined()
  })

  it('lets absolute-form win over Host', async () => {
    const { request } = await readOne(`GET http://B.test:81?q HTTP/1.1\r\n${head}\r\n`)
    expect(request).toMatchObject({ target: '/?q', authority: 'b.test:81' })
  })

  it('passes OPTIONS * on', async () => {
    expect((await readOne(`OPTIONS * HTTP/1.1\r\n${head}\r\n`)).request?.target).toBe('*')
  })

  it.each([
    ['announced', 'Content-Length: 5\r\n\r\nhello'],
    ['chunked', 'Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'],
  ])('streams %s content', async (_how, rest) => {
    const { response } = await readOne(`POST / HTTP/1.1\r\n${head}${rest}`)
    expect(response).toMatch(/\r\n\r\nhello$/)
  })

  it('sees no body where there is no content', async () => {
    const { request } = await readOne(`POST / HTTP/1.1\r\n${head}Content-Length: 0\r\n\r\n`)
    expect(request?.body).toBeUndefined()
  })

  it.each([
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 'more than one Host'],
    ['an empty host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 'no valid host'],
    ['userinfo', 'GET / HTTP/1.1\r\nHost: user@a\r\n\r\n', 'no valid host'],
    ['userinfo in absolute-form', 'GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n', 'no valid host'],
    ['a path in the host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 'no valid host'],
    ['a fragment', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n', 'without a fragment'],
    ['GET *', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n', 'Only OPTIONS'],
    ['a scheme of another kind', 'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n', 'must be a path'],
  ])('refuses %s with a problem, a request id, a log line and the end of the connection', async (_what, raw, why) => {
    const served = await serveForTest('http1', () => Promise.reject(new Error('must not be called')))
    const response = await exchangeRaw(served, raw)
    expect(response).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(response).toMatch(/\r\nconnection: close\r\n/i)
    const requestId = /x-request-id: (\S+)/.exec(response)?.[1]
    expect(JSON.parse(response.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      code: 'BAD_REQUEST',
      detail: expect.stringContaining(why),
      requestId,
    })
    expect(served.log.lines).toMatchObject([{ level: 'info', facts: { requestId, status: 400, code: 'BAD_REQUEST' } }])
  })
})

describe('writing HTTP/1.1', () => {
  it('announces the length of a body in memory, whatever the handler thought', async () => {
    const served = await serveForTest('http1', async () =>
      testResponse({ fields: Fields.of({ 'content-length': 99 }), body: 'grün' }),
    )
    const response = await exchangeRaw(served, `GET / HTTP/1.1\r\n${head}\r\n`)
    expect(response).toMatch(/content-length: 5\r\n/i)
    expect(await served.delivery).toEqual({ outcome: 'complete', bodyBytes: 5 })
  })

  it('keeps each Set-Cookie on its own line', async () => {
    const fields = Fields.fromRaw(['set-cookie', 'a=1', 'set-cookie', 'b=2'])
    const served = await serveForTest('http1', async () => testResponse({ fields }))
    const response = await fetch(served.origin)
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  it('streams a body of unknown length in chunks, or to the end of the connection for HTTP/1.0', async () => {
    const served = await serveForTest('http1', async () => testResponse({ body: Readable.from([Buffer.from('abc')]) }))
    expect(await exchangeRaw(served, `GET / HTTP/1.1\r\n${head}\r\n`)).toMatch(
      /transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/i,
    )
    const old = await exchangeRaw(served, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')
    expect(old).toMatch(/\r\n\r\nabc$/)
    expect(old).not.toMatch(/transfer-encoding/i)
  })

  it.each([
    ['HEAD', 200],
    ['GET', 304],
    ['GET', 204],
  ])('sends no content for %s with %i, and lets go of the stream', async (method, status) => {
    const body = Readable.from([Buffer.from('abc')])
    const fields = Fields.of({ 'content-length': 3 })
    const served = await serveForTest('http1', async () => testResponse({ status, fields, body }))
    const response = await exchangeRaw(served, `${method} / HTTP/1.1\r\n${head}\r\n`)
    expect(response).toMatch(/\r\n\r\n$/)
    expect(/content-length: 3/i.test(response)).toBe(status !== 204)
    expect(body.destroyed).toBe(true)
  })

  it('announces for HEAD what GET would send', async () => {
    const served = await serveForTest('http1', answering)
    const response = await exchangeRaw(served, `HEAD / HTTP/1.1\r\n${head}\r\n`)
    expect(response).toMatch(/content-length: 2\r\n[^]*\r\n\r\n$/i)
  })

  it.each([
    [
      'fails',
      undefined,
      () =>
        Readable.from(
          (async function* () {
            yield Buffer.from('abc')
            throw new Error('no')
          })(),
        ),
    ],
    ['ends too early', 5, () => Readable.from([Buffer.from('abc')])],
    ['is longer than announced', 2, () => Readable.from([Buffer.from('a'), Buffer.from('bc')])],
    [
      'is destroyed without a word',
      5,
      () =>
        new Readable({
          read() {
            this.push('abc')
            this.destroy()
          },
        }),
    ],
  ] as const)('breaks the connection when the body %s', async (_how, length, body) => {
    const fields = Fields.of({ 'content-length': length })
    const served = await serveForTest('http1', async () => testResponse({ fields, body: body() }))
    const outcome = await fetch(served.origin)
      .then((response) => response.text())
      .catch(() => 'broken')
    expect(outcome).toBe('broken')
    expect((await served.delivery).outcome).toBe('truncated')
  })

  it('destroys the connection rather than send what cannot be sent', async () => {
    const body = new Readable({ read: () => undefined })
    const served = await serveForTest('http1', async () =>
      testResponse({ fields: Fields.of({ a: 'b\r\nc: d' }), body }),
    )
    await expect(fetch(served.origin)).rejects.toThrow('fetch failed')
    expect(body.destroyed).toBe(true)
    expect(served.log.lines).toMatchObject([{ level: 'error', message: 'response could not be written' }])
  })

  it('holds a body back while the client does not read', async () => {
    const chunk = Buffer.alloc(64 * 1024)
    let produced = 0
    const paused = Promise.withResolvers<void>()
    const body = new Readable({ read: () => undefined })
    const produce = () => {
      while (!body.isPaused() && produced < 10_000) {
        produced++
        body.push(chunk)
        if (body.readableLength > 16 * chunk.byteLength) break
      }
      if (produced < 10_000 && !body.isPaused()) setImmediate(produce)
      else paused.resolve()
    }
    const served = await serveForTest('http1', async () => {
      setImmediate(produce)
      return testResponse({ body })
    })
    const socket = await connectRaw(served)
    socket.pause()
    socket.write(`GET / HTTP/1.1\r\n${head}\r\n`)
    await paused.promise
    expect(produced).toBeLessThan(10_000)
    body.push(null)
    let received = 0
    socket.on('data', (data: Buffer) => (received += data.byteLength))
    socket.resume()
    await once(socket, 'end')
    expect(received).toBeGreaterThan(produced * chunk.byteLength)
    expect(await served.delivery).toEqual({ outcome: 'complete', bodyBytes: produced * chunk.byteLength })
  })
})

describe('a client that goes away', () => {
  it('before the response: the signal tells, and nothing is sent', async () => {
    const arrived = Promise.withResolvers<void>()
    const body = new Readable({ read: () => undefined })
    let reason: unknown
    const served = await serveForTest('http1', async (_request, { signal }) => {
      arrived.resolve()
      await once(signal, 'abort')
      reason = signal.reason
      return testResponse({ body })
    })
    const socket = await connectRaw(served)
    socket.write(`GET / HTTP/1.1\r\n${head}\r\n`)
    await arrived.promise
    socket.destroy()
    expect(await served.delivery).toEqual({ outcome: 'aborted', bodyBytes: 0 })
    expect(reason).toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
    expect(body.destroyed).toBe(true)
  })

  it('during the response: its body is let go', async () => {
    const body = new Readable({ read: () => undefined })
    body.push('abc')
    let gone: AbortSignal | undefined
    const served = await serveForTest('http1', async (_request, { signal }) => {
      gone = signal
      return testResponse({ body })
    })
    const socket = await connectRaw(served)
    socket.write(`GET / HTTP/1.1\r\n${head}\r\n`)
    await once(socket, 'data')
    socket.destroy()
    expect((await served.delivery).outcome).toBe('aborted')
    expect(gone?.aborted).toBe(true)
    expect(body.destroyed).toBe(true)
  })

  it('is not what a complete response looks like', async () => {
    let gone: AbortSignal | undefined
    const served = await serveForTest('http1', async (_request, { signal }) => {
      gone = signal
      return testResponse()
    })
    await exchangeRaw(served, `GET / HTTP/1.1\r\n${head}\r\n`)
    expect((await served.delivery).outcome).toBe('complete')
    expect(gone?.aborted).toBe(false)
  })
})

describe('content that nobody reads to its end', () => {
  it('is thrown away, for the next request stands behind it', async () => {
    const served = await serveForTest('http1', async ({ body, target }) => {
      // As a next hop does that fails in the middle of an upload.
      if (body !== undefined) await once(body, 'data').then(() => body.pause())
      return testResponse({ body: target })
    })
    const upload = `POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000_000)}`
    const response = await exchangeRaw(served, `${upload}GET /second HTTP/1.1\r\n${head}\r\n`)
    expect(response).toMatch(/\/firstHTTP[^]*\/second$/)
  })
})

describe('a request refused while its content still arrives', () => {
  it('is answered in full before the connection closes', async () => {
    const limited = errorResponse()(bodyLimit(1000)(answering))
    const served = await serveForTest('http1', limited)
    const socket = await connectRaw(served)
    const response = text(socket)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n')
    await once(socket, 'readable')
    // A server that closed at once would answer this with a reset, and the client might never see the 413.
    socket.write(Buffer.alloc(5_000_000))
    expect(await response).toMatch(/^HTTP\/1\.1 413 [^]*"code":"BODY_TOO_LARGE"/)
    expect(await served.delivery).toMatchObject({ outcome: 'complete' })
  })
})

const idOf = async (header: string | undefined, trustRequestId: boolean): Promise<string> => {
  const served = await serveForTest('http1', async (_request, context) => testResponse({ body: context.requestId }), {
    trustRequestId,
  })
  const headers = header === undefined ? {} : { 'x-request-id': header }
  return (await fetch(served.origin, { headers })).text()
}

describe('the request id and the trace', () => {
  it('is taken from a hop of ours, made anew for a stranger or when it is no id', async () => {
    expect(await idOf('abc-1', true)).toBe('abc-1')
    expect(await idOf('abc-1', false)).toMatch(/^[0-9a-f-]{36}$/)
    expect(await idOf('a b', true)).toMatch(/^[0-9a-f-]{36}$/)
    expect(await idOf('a'.repeat(129), true)).toMatch(/^[0-9a-f-]{36}$/)
    expect(await idOf(undefined, true)).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('goes on with the trace of the caller, or starts one that nobody records', async () => {
    const served = await serveForTest('http1', async (_request, { trace }) =>
      testResponse({ body: JSON.stringify(trace) }),
    )
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const ours = await fetch(served.origin, { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } })
    expect(await ours.json()).toMatchObject({
      traceId,
      sampled: true,
      parentId: expect.not.stringMatching('b7ad6b716920'),
    })
    expect(await (await fetch(served.origin)).json()).toMatchObject({ sampled: false })
  })
})
