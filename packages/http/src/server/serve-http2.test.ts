import { once } from 'node:events'
import {
  constants,
  type ClientHttp2Stream,
  type Http2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { Fields } from '../fields.ts'
import { bodyLimit } from '../layers/body-limit.ts'
import { errorResponse } from '../layers/error-response.ts'
import type { HttpHandler, HttpRequest } from '../message.ts'
import { connectSession, serveForTest, testResponse, type Served } from '../testing.ts'

const headersOf = async (stream: ClientHttp2Stream): Promise<IncomingHttpHeaders & { ':status'?: number }> => {
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders]
  return headers
}
const request = (served: Served, headers: OutgoingHttpHeaders = {}, endStream = true): ClientHttp2Stream =>
  connectSession(served).request(headers, { endStream })

const echo: HttpHandler = async ({ body }) => testResponse({ body: body === undefined ? '' : await text(body) })

/** Serves one request and returns how the handler saw it. */
const readOne = async (headers: OutgoingHttpHeaders): Promise<HttpRequest | undefined> => {
  let seen: HttpRequest | undefined
  const served = await serveForTest('http2', async (got) => {
    seen = got
    return testResponse()
  })
  await text(request(served, headers)).catch(() => '')
  return seen
}

describe('reading HTTP/2', () => {
  it('takes pseudo-fields apart from the fields', async () => {
    const seen = await readOne({ ':path': '/a?b', ':authority': 'A.test', accept: '*/*' })
    expect(seen).toMatchObject({
      method: 'GET',
      target: '/a?b',
      authority: 'a.test',
      httpVersion: '2',
      body: undefined,
    })
    expect(seen?.fields.toRaw()).toEqual(['accept', '*/*'])
  })

  it('makes one line of the cookies', async () => {
    const seen = await readOne({ cookie: ['a=1', 'b=2'] })
    expect(seen?.fields.getAll('cookie')).toEqual(['a=1; b=2'])
  })

  it.each([
    ['a host that contradicts :authority', { ':authority': 'a.test', host: 'b.test' }],
    ['a line break in the path', { ':path': '/a\r\nb' }],
    ['a space in the path', { ':path': '/a HTTP/1.1' }],
    ['a fragment', { ':path': '/a#b' }],
    ['no host', { ':authority': '' }],
  ])('never lets %s through', async (_what, headers) => {
    expect(await readOne(headers)).toBeUndefined()
  })
})

describe('a field that could end a line further on', () => {
  it.each(['b\r\nc: d', 'b\nc', 'b\0c'])('%j reaches no handler', async (value) => {
    const fields = (await readOne({ 'x-a': value }))?.fields ?? Fields.of()
    expect(fields.has('x-a')).toBe(false)
  })
})

describe('writing HTTP/2', () => {
  it('repeats Set-Cookie, joins other repeated fields, leaves out what is hop-by-hop', async () => {
    const fields = Fields.fromRaw([
      'set-cookie',
      'a=1',
      'vary',
      'a',
      'set-cookie',
      'b=2',
      'vary',
      'b',
      'connection',
      'close',
    ])
    const served = await serveForTest('http2', async () => testResponse({ fields }))
    const stream = request(served)
    const headers = await headersOf(stream)
    expect(headers).toMatchObject({ ':status': 200, 'set-cookie': ['a=1', 'b=2'], vary: 'a, b', 'content-length': '2' })
    expect(headers).toHaveProperty('date')
    expect(headers).not.toHaveProperty('connection')
    expect(await text(stream)).toBe('ok')
    expect(await served.delivery).toEqual({ outcome: 'complete', bodyBytes: 2 })
  })

  it.each([
    ['HEAD', 200],
    ['GET', 304],
    ['GET', 204],
  ])('sends no content for %s with %i', async (method, status) => {
    const body = Readable.from([Buffer.from('abc')])
    const served = await serveForTest('http2', async () => testResponse({ status, body }))
    const stream = request(served, { ':method': method })
    expect((await headersOf(stream))[':status']).toBe(status)
    expect(await text(stream)).toBe('')
    expect(await served.delivery).toEqual({ outcome: 'complete', bodyBytes: 0 })
    expect(body.destroyed).toBe(true)
  })

  it.each([
    ['fails', undefined, new Error('no')],
    ['ends too early', 5, undefined],
  ])('resets the stream when the body %s', async (_how, length, error) => {
    const served = await serveForTest('http2', async () => {
      const body = new Readable({ read: () => undefined })
      body.push('abc')
      if (error === undefined) body.push(null)
      else setImmediate(() => body.destroy(error))
      return testResponse({ fields: Fields.of({ 'content-length': length }), body })
    })
    const stream = request(served)
    await expect(text(stream)).rejects.toThrow(/NGHTTP2_(INTERNAL|PROTOCOL)_ERROR/)
    expect((await served.delivery).outcome).toBe('truncated')
  })
})

describe('a client that goes away', () => {
  it('resets its stream during the response', async () => {
    const body = new Readable({ read: () => undefined })
    body.push('abc')
    let gone: AbortSignal | undefined
    const served = await serveForTest('http2', async (_request, { signal }) => {
      gone = signal
      return testResponse({ body })
    })
    const stream = request(served)
    await once(stream, 'data')
    stream.close(constants.NGHTTP2_CANCEL)
    expect((await served.delivery).outcome).toBe('aborted')
    expect(gone?.aborted).toBe(true)
    expect(body.destroyed).toBe(true)
  })

  it('resets its stream before the response', async () => {
    const arrived = Promise.withResolvers<void>()
    const served = await serveForTest('http2', async (_request, { signal }) => {
      arrived.resolve()
      await once(signal, 'abort')
      return testResponse()
    })
    const stream = request(served)
    await arrived.promise
    stream.close(constants.NGHTTP2_CANCEL)
    expect(await served.delivery).toEqual({ outcome: 'aborted', bodyBytes: 0 })
  })

  it('is not what a complete response looks like', async () => {
    let gone: AbortSignal | undefined
    const served = await serveForTest('http2', async (_request, { signal }) => {
      gone = signal
      return testResponse()
    })
    const stream = request(served)
    await text(stream)
    expect((await served.delivery).outcome).toBe('complete')
    expect(gone?.aborted).toBe(false)
  })

  it.each([
    ['in memory', (content: string) => content],
    ['streamed', (content: string) => Readable.from([Buffer.from(content)])],
  ])('nor one whose request was read to its end: a body %s', async (_how, bodyOf) => {
    let gone: AbortSignal | undefined
    const served = await serveForTest('http2', async ({ body }, { signal }) => {
      gone = signal
      const content = await text(body ?? Readable.from([]))
      return testResponse({ fields: Fields.of({ 'content-length': content.length }), body: bodyOf(content) })
    })
    const stream = request(served, { ':method': 'POST' }, false)
    stream.end('hello')
    expect(await text(stream)).toBe('hello')
    expect(await served.delivery).toEqual({ outcome: 'complete', bodyBytes: 5 })
    expect(gone?.aborted).toBe(false)
  })

  it.each([
    ['the client resets its stream', (stream: ClientHttp2Stream) => stream.close(constants.NGHTTP2_CANCEL)],
    ['the client drops the connection', (stream: ClientHttp2Stream) => stream.session?.destroy()],
    ['the server does', (_stream: ClientHttp2Stream, server?: Http2Session) => server?.destroy()],
  ])('leaves the end of a response behind that no longer fits its window: %s', async (_who, breakOff) => {
    let session: Http2Session | undefined
    let gone: AbortSignal | undefined
    const served = await serveForTest('http2', async ({ body }, { signal }) => {
      gone = signal
      await text(body ?? Readable.from([]))
      return testResponse({ body: Readable.from([Buffer.alloc(1_000_000)]) })
    })
    served.server.on('session', (opened: Http2Session) => void (session = opened))
    const stream = request(served, { ':method': 'POST' }, false)
    stream.on('error', () => undefined).end('hello')
    await once(stream, 'readable')
    breakOff(stream, session)
    expect((await served.delivery).outcome).toBe('aborted')
    expect(gone?.aborted).toBe(true)
  })
})

describe('content', () => {
  it('streams in', async () => {
    const stream = request(await serveForTest('http2', echo), { ':method': 'POST' }, false)
    stream.end('hello')
    expect(await text(stream)).toBe('hello')
  })

  it('is no longer wanted once the answer is out', async () => {
    const limited = errorResponse()(bodyLimit(1000)(echo))
    const served = await serveForTest('http2', limited)
    const stream = request(served, { ':method': 'POST' }, false)
    stream.on('error', () => undefined)
    stream.write(Buffer.alloc(2000))
    expect((await headersOf(stream))[':status']).toBe(413)
    expect(await text(stream)).toContain('BODY_TOO_LARGE')
    await once(stream, 'close')
    expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR)
    expect((await served.delivery).outcome).toBe('complete')
  })
})
