import { once } from 'node:events'
import { Readable } from 'node:stream'
import { Fields, type HttpHandler } from '@roundtrip/http'
import { RoundtripError } from '@roundtrip/errors'
import { describe, expect, it } from 'vitest'
import { connectRaw, exchangeRaw, serveForTest, testResponse, until } from '../testing.ts'

const answering: HttpHandler = async () => testResponse()
const head = 'Host: a\r\nConnection: close\r\n'

const bodyOf = (target: string) => Buffer.alloc(Number(target.slice(1)), 'abcdefg')

const failing = async function* () {
  yield Buffer.from('abc')
  throw new Error('no')
}
const falling = () =>
  new Readable({
    read() {
      this.push('abc')
      this.destroy()
    },
  })
const hinting: HttpHandler = async (_request, context) => {
  context.inform?.(103, Fields.of({ link: '</a.css>; rel=preload', 'content-length': 5, 'transfer-encoding': 'x' }))
  // After the final one there is nothing left to say ahead.
  context.onSettled(() => context.inform?.(103, Fields.of({ link: 'late' })))
  return testResponse()
}

describe('an interim response', () => {
  it('is sent ahead of the final one, without what concerns a body', async () => {
    const all = await exchangeRaw(await serveForTest(hinting), `GET / HTTP/1.1\r\n${head}\r\n`)
    expect(all).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
    expect(all).not.toContain('late')
  })

  it('is not sent to HTTP/1.0, which does not know such', async () => {
    const all = await exchangeRaw(await serveForTest(hinting), 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')
    expect(all).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(all).not.toContain('103')
  })
})

describe('writing', () => {
  it('announces the length of a body in memory, whatever the handler thought', async () => {
    const fields = Fields.of({ 'content-length': 99, 'transfer-encoding': 'gzip' })
    const served = await serveForTest(async () => testResponse({ fields, body: 'grün' }))
    const response = await exchangeRaw(served, `GET / HTTP/1.1\r\n${head}\r\n`)
    expect(response).toMatch(/\r\ncontent-length: 5\r\n/)
    expect(response).not.toContain('99')
    expect(response).not.toContain('transfer-encoding')
    expect(response).toMatch(/\r\n\r\ngrün$/)
    expect(await served.delivery).toEqual({ outcome: 'complete', bodyBytes: 5 })
  })

  it('has come to its end with the last octet that was announced, whatever becomes of its source then', async () => {
    const fields = Fields.of({ 'content-length': 3 })
    const served = await serveForTest(async ({ target }) =>
      target === '/next' ? testResponse({ body: 'next' }) : testResponse({ fields, body: Readable.from(failing()) }),
    )
    const all = await exchangeRaw(served, `GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\n${head}\r\n`)
    expect(all).toMatch(/\r\n\r\nabcHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nnext$/)
    expect(await served.delivery).toEqual({ outcome: 'complete', bodyBytes: 3 })
  })

  it('dates what has no date', async () => {
    const served = await serveForTest(async ({ target }) =>
      testResponse({ fields: Fields.of({ date: target === '/dated' ? 'then' : undefined }) }),
    )
    expect(await exchangeRaw(served, `GET / HTTP/1.1\r\n${head}\r\n`)).toMatch(/\r\ndate: \w{3}, \d\d [^\r]* GMT\r\n/)
    const dated = await exchangeRaw(served, `GET /dated HTTP/1.1\r\n${head}\r\n`)
    expect(dated.match(/date: .*/g)).toEqual(['date: then'])
  })

  it('keeps each Set-Cookie on its own line', async () => {
    const fields = Fields.fromRaw(['set-cookie', 'a=1', 'set-cookie', 'b=2'])
    const served = await serveForTest(async () => testResponse({ fields }))
    expect((await fetch(served.origin)).headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  it('sends a body of each size as it is', async () => {
    const sizes = [0, 1, 1024, 32_768, 32_769, 65_536, 65_537, 1_000_000, 5_000_000]
    const served = await serveForTest(async ({ target }) => testResponse({ body: bodyOf(target) }))
    for (const size of sizes) {
      const response = await fetch(`${served.origin}/${size}`)
      expect(Buffer.from(await response.arrayBuffer()).equals(bodyOf(`/${size}`))).toBe(true)
    }
    expect(served.deliveries.map(({ bodyBytes }) => bodyBytes)).toEqual(sizes)
  })

  it('streams a body of unknown length in chunks, or to the end of the connection for HTTP/1.0', async () => {
    const served = await serveForTest(async () =>
      testResponse({ body: Readable.from([Buffer.from('abc'), Buffer.alloc(0), Buffer.from('de')]) }),
    )
    expect(await exchangeRaw(served, `GET / HTTP/1.1\r\n${head}\r\n`)).toMatch(
      /\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n$/,
    )
    const old = await exchangeRaw(served, 'GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n')
    expect(old).toMatch(/\r\nconnection: close\r\n\r\nabcde$/)
    expect(old).not.toMatch(/transfer-encoding/)
    expect(served.deliveries).toEqual([1, 2].map(() => ({ outcome: 'complete', bodyBytes: 5 })))
  })

  it.each([
    ['HEAD', 200],
    ['GET', 304],
    ['GET', 204],
  ])('sends no content for %s with %i, and lets go of the stream', async (method, status) => {
    const body = Readable.from([Buffer.from('abc')])
    const served = await serveForTest(async () =>
      testResponse({ status, fields: Fields.of({ 'content-length': 3 }), body }),
    )
    const response = await exchangeRaw(served, `${method} / HTTP/1.1\r\n${head}\r\n`)
    expect(response).toMatch(/\r\n\r\n$/)
    expect(response.includes('content-length: 3')).toBe(status !== 204)
    expect(body.destroyed).toBe(true)
  })

  it('announces for HEAD what GET would send', async () => {
    const served = await serveForTest(answering)
    const response = await exchangeRaw(served, `HEAD / HTTP/1.1\r\n${head}\r\n`)
    expect(response).toMatch(/content-length: 2\r\n[^]*\r\n\r\n$/)
  })

  it.each([
    ['fails', undefined, () => Readable.from(failing())],
    ['ends too early', 5, () => Readable.from([Buffer.from('abc')])],
    ['is longer than announced', 2, () => Readable.from([Buffer.from('a'), Buffer.from('bc')])],
    ['is destroyed without a word', 5, falling],
    ['was destroyed before', undefined, () => new Readable().destroy()],
  ] as const)('breaks the connection when the body %s', async (_how, length, body) => {
    const fields = () => Fields.of({ 'content-length': length })
    const served = await serveForTest(async () => testResponse({ fields: fields(), body: body() }))
    const outcome = await fetch(served.origin)
      .then((response) => response.text())
      .catch(() => 'broken')
    expect(outcome).toBe('broken')
    expect((await served.delivery).outcome).toBe('truncated')
    // Without chunks or a length only a reset tells.
    expect(await exchangeRaw(served, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')).toBe('broken')
  })

  it.each([
    ['a field that would end its line', { fields: Fields.of({ a: 'b\r\nc: d' }) }],
    ['a field name with a space', { fields: Fields.fromRaw(['a b', 'c']) }],
    ['a value beyond Latin-1', { fields: Fields.of({ a: '→' }) }],
    ['an interim status', { status: 101 }],
    ['a length that is none', { fields: Fields.of({ 'content-length': '1, 1' }) }],
  ])('sends 500 instead of %s', async (_what, bad) => {
    const body = new Readable({ read: () => undefined })
    const served = await serveForTest(async () => testResponse({ body, ...bad }))
    const response = await exchangeRaw(served, `GET / HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect(response).toMatch(/^HTTP\/1\.1 500 [^]*connection: close[^]*"code":"INTERNAL"/)
    expect(body.destroyed).toBe(true)
    expect(served.log.lines).toMatchObject([{ level: 'error', message: 'response could not be written' }])
  })

  it('answers for a handler that fails, at once or later', async () => {
    const served = await serveForTest(({ target }) => {
      const error = new RoundtripError('NOT_FOUND')
      if (target === '/now') throw error
      return Promise.reject(error)
    })
    for (const target of ['/now', '/later']) {
      expect(await exchangeRaw(served, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)).toMatch(/^HTTP\/1\.1 404 /)
    }
  })

  it.each(['stream', 'memory'])('holds a body back while the client does not read: %s', async (kind) => {
    const total = 64 * 1024 * 1024
    let produced = 0
    const stream = () =>
      new Readable({
        read(bytes) {
          produced += bytes
          this.push(produced > total ? null : Buffer.alloc(bytes))
        },
      })
    const whole = Buffer.alloc(total)
    const served = await serveForTest(async () => testResponse({ body: kind === 'stream' ? stream() : whole }))
    const socket = await connectRaw(served)
    socket.pause()
    socket.write(`GET / HTTP/1.1\r\n${head}\r\n`)
    await until(() => served.server.stats().requests === 1)
    for (let turn = 0; turn < 2000; turn++) await new Promise(setImmediate)
    expect(produced).toBeLessThan(total)
    expect(served.deliveries).toEqual([])
    let received = 0
    socket.on('data', (data: Buffer) => (received += data.byteLength))
    socket.resume()
    await once(socket, 'end')
    expect(received).toBeGreaterThan(total - 65_536)
    expect(await served.delivery).toMatchObject({ outcome: 'complete' })
  })
})
