/** Requests and responses by an HTTP/2 client of another make, and how honestly their end is told. */
import { once } from 'node:events'
import { connect, constants } from 'node:http2'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Fields, type HttpHandler, type HttpResponse } from '@roundtrip/http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { flag, frameType } from './frame-types.ts'
import {
  data,
  frame,
  headers,
  headOf,
  ok,
  pseudo,
  RawClient,
  request,
  serveForTest,
  uint32,
  type TestServer,
} from './testing.ts'

const open = (): Readable => new Readable({ read: () => undefined })
const window = (bytes: number): Buffer => frame(frameType.SETTINGS, 0, 0, [0, 4, ...uint32(bytes)])
const large = 'x'.repeat(1_000_000)

describe('interim responses', () => {
  it('go ahead of the final one, to the stream they are for', async () => {
    const server = await serveForTest(async ({ target }, context) => {
      if (target === '/hinted') context.inform?.(103, Fields.of({ link: '</a.css>', 'content-length': 5, te: 'x' }))
      context.onSettled(() => context.inform?.(103, Fields.of({ link: 'late' })))
      return ok()
    })
    const told: unknown[] = []
    for (const path of ['/hinted', '/other']) {
      const stream = request(server, { ':path': path })
      stream.on('headers', (fields) => told.push([path, fields[':status'], { ...fields }]))
      await headOf(stream)
      expect(await text(stream)).toBe('ok')
    }
    expect(told).toEqual([['/hinted', 103, expect.objectContaining({ link: '</a.css>' })]])
    expect(Object.keys((told as [string, number, object][])[0]?.[2] ?? {})).toEqual([':status', 'link'])
  })
})

describe('responses', () => {
  it('carry their fields, but nothing that is hop-by-hop', async () => {
    const fields = Fields.fromRaw([
      'set-cookie',
      'a=1',
      'vary',
      'a',
      'set-cookie',
      'b=2',
      'connection',
      'x-hop',
      'x-hop',
      '1',
      'keep-alive',
      '5',
      'content-length',
      '99',
    ])
    const server = await serveForTest(async () => ok({ fields }))
    const stream = request(server)
    const head = await headOf(stream)
    expect(head).toMatchObject({ ':status': 200, 'set-cookie': ['a=1', 'b=2'], vary: 'a', 'content-length': '2' })
    expect(head).toHaveProperty('date')
    for (const name of ['connection', 'x-hop', 'keep-alive']) expect(head).not.toHaveProperty(name)
    expect(await text(stream)).toBe('ok')
    expect(await server.delivery).toEqual({ outcome: 'complete', bodyBytes: 2 })
  })

  it('need no Connection to lose what is hop-by-hop', async () => {
    const fields = Fields.of({ 'transfer-encoding': 'chunked', 'keep-alive': '5', 'x-kept': '1' })
    const head = await headOf(request(await serveForTest(async () => ok({ fields }))))
    expect(head).toHaveProperty('x-kept', '1')
    for (const name of ['transfer-encoding', 'keep-alive']) expect(head).not.toHaveProperty(name)
  })

  it.each<[string, () => HttpResponse['body']]>([
    ['a string', () => large],
    ['octets', () => Buffer.from(large)],
    ['a stream', () => Readable.from([Buffer.from(large)])],
    ['a stream of text', () => Readable.from(['x'.repeat(400_000), '', 'x'.repeat(600_000)])],
  ])('of a megabyte come whole: %s', async (_what, bodyOf) => {
    const server = await serveForTest(async () => ok({ body: bodyOf() }))
    expect(await text(request(server))).toBe(large)
    expect(await server.delivery).toEqual({ outcome: 'complete', bodyBytes: 1_000_000 })
  })

  it.each([
    ['HEAD', 200, '3'],
    ['GET', 304, '3'],
    ['GET', 204, undefined],
  ])('%s with %i has no content', async (method, status, length) => {
    const body = Readable.from([Buffer.from('abc')])
    const server = await serveForTest(async () => ok({ status, body, fields: Fields.of({ 'content-length': 3 }) }))
    const stream = request(server, { ':method': method })
    const head = await headOf(stream)
    expect([head[':status'], head['content-length']]).toEqual([status, length])
    expect((await server.delivery).outcome).toBe('complete')
    expect(await text(stream)).toBe('')
    expect(body.destroyed).toBe(true)
  })

  it('with a head larger than a frame are continued', async () => {
    const fields = Fields.of(
      Object.fromEntries(Array.from({ length: 30 }, (_nothing, i) => [`x-${i}`, 'y'.repeat(1000)])),
    )
    const server = await serveForTest(async () => ok({ fields }))
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo()))
    const first = await client.take(({ type }) => type === frameType.HEADERS)
    const second = await client.take(({ type }) => type === frameType.CONTINUATION)
    expect([first?.flags, second?.flags]).toEqual([0, flag.END_HEADERS])
    expect(await client.content(1)).toBe('ok')
  })

  it.each<[string, Partial<HttpResponse>]>([
    ['a field that ends its line', { fields: Fields.of({ 'x-a': 'b\r\nc: d' }) }],
    ['a field name of two words', { fields: Fields.of({ 'x a': 'b' }) }],
    ['no final status', { status: 100 }],
    ['a head without measure', { fields: Fields.of({ 'x-a': 'b'.repeat(70_000) }) }],
  ])('that cannot be sent reset their stream: %s', async (_what, overrides) => {
    const body = open()
    const server = await serveForTest(async () => ok({ body, ...overrides }))
    const client = await RawClient.connect(server)
    expect(await client.send(headers(1, pseudo())).verdict()).toBe('reset 1 INTERNAL_ERROR')
    expect(await server.delivery).toEqual({ outcome: 'truncated', bodyBytes: 0 })
    expect(body.destroyed).toBe(true)
  })

  it.each<[string, HttpHandler]>([
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
  ])('are never silently missing: a handler that %s', async (_how, handler) => {
    const client = await RawClient.connect(await serveForTest(handler))
    expect(await client.send(headers(1, pseudo())).verdict()).toBe('reset 1 INTERNAL_ERROR')
  })

  it('tell a client that wants a smaller table so, once', async () => {
    const server = await serveForTest(async () => ok())
    const session = connect(`http://127.0.0.1:${server.port}`, { settings: { headerTableSize: 0 } })
    onTestFinished(() => session.destroy())
    for (let turn = 0; turn < 3; turn += 1) expect(await text(session.request({}))).toBe('ok')
    const client = await RawClient.connect(server)
    client.send(frame(frameType.SETTINGS, 0, 0, [0, 1, ...uint32(0)]), headers(1, pseudo()), headers(3, pseudo()))
    const blocks = [1, 3].map((id) => client.take((one) => one.type === frameType.HEADERS && one.id === id))
    const firsts = (await Promise.all(blocks)).map((one) => one?.payload[0])
    expect(firsts).toEqual([0x20, 0x88])
  })

  it('share the connection: a small one overtakes a large one', async () => {
    const server = await serveForTest(async ({ target }) => ok({ body: target === '/large' ? large : 'small' }))
    const client = await RawClient.connect(server)
    client.send(
      frame(frameType.SETTINGS, 0, 0, [0, 4, ...uint32(2 ** 30)]),
      frame(frameType.WINDOW_UPDATE, 0, 0, uint32(2 ** 30)),
    )
    client.send(headers(1, pseudo('GET', '/large')), headers(3, pseudo()), headers(5, pseudo('GET', '/large')))
    expect(await client.content(3)).toBe('small')
    await Promise.all([client.content(1), client.content(5)])
    expect(server.deliveries.map(({ bodyBytes }) => bodyBytes)).toEqual([5, 1_000_000, 1_000_000])
  })

  it('keep within a window that shrinks and grows', async () => {
    const client = await RawClient.connect(await serveForTest(async () => ok({ body: 'abcdef' })))
    client.send(window(3), headers(1, pseudo()))
    expect((await client.take(({ type }) => type === frameType.DATA))?.payload.toString()).toBe('abc')
    client.send(window(1), frame(frameType.WINDOW_UPDATE, 0, 1, uint32(3)))
    expect((await client.take(({ type }) => type === frameType.DATA))?.payload.toString()).toBe('d')
    client.send(window(100))
    expect(await client.content(1)).toBe('ef')
  })
})

describe('the window of the connection', () => {
  it('is shared by its streams', async () => {
    const client = await RawClient.connect(await serveForTest(async () => ok({ body: 'x'.repeat(50_000) })))
    client.send(headers(1, pseudo()), headers(3, pseudo()))
    // One answer may overtake what a full buffer holds; the next cannot.
    await client.sync()
    await client.sync()
    const sent = client.frames.filter(({ type }) => type === frameType.DATA)
    expect(sent.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(65_535)
    client.send(frame(frameType.WINDOW_UPDATE, 0, 0, uint32(34_465)))
    expect((await Promise.all([client.content(1), client.content(3)])).join('')).toHaveLength(100_000)
  })
})

describe('a body on our side', () => {
  it.each<[string, number | undefined, Error | 'close' | undefined]>([
    ['fails', undefined, new Error('no')],
    ['ends too early', 5, undefined],
    ['is too long', 2, undefined],
    ['is closed without an end', 3, 'close'],
  ])('that %s resets the stream, and is truncated', async (_how, length, error) => {
    const body = open()
    const server = await serveForTest(async () => {
      body.push('abc')
      if (error === undefined) body.push(null)
      else setImmediate(() => body.destroy(error === 'close' ? undefined : error))
      return ok({ fields: Fields.of({ 'content-length': length }), body })
    })
    const stream = request(server)
    await expect(text(stream)).rejects.toThrow('NGHTTP2_INTERNAL_ERROR')
    expect((await server.delivery).outcome).toBe('truncated')
    expect(body.destroyed).toBe(true)
  })

  it('that had failed before anyone listened does so, too', async () => {
    const server = await serveForTest(async () => {
      const body = open()
      body.on('error', () => undefined).destroy(new Error('reset'))
      // events.once would reject with the error.
      await new Promise<void>((resolve) => void body.once('close', resolve))
      return ok({ body })
    })
    await expect(text(request(server))).rejects.toThrow('NGHTTP2_INTERNAL_ERROR')
    expect((await server.delivery).outcome).toBe('truncated')
  })

  it('is not read faster than the client takes it', async () => {
    let produced = 0
    const body = new Readable({
      read() {
        produced += 16_384
        this.push(Buffer.alloc(16_384))
      },
    })
    const client = await RawClient.connect(await serveForTest(async () => ok({ body })))
    client.send(headers(1, pseudo()))
    await client.sync()
    await client.sync()
    expect(produced).toBeLessThan(400_000)
    client.send(frame(frameType.RST_STREAM, 0, 1, uint32(8)))
    await client.sync()
    expect(body.destroyed).toBe(true)
  })
})

describe('a client that goes away', () => {
  it.each<[string, (client: RawClient, server: TestServer) => void]>([
    ['resets its stream', (client) => void client.send(frame(frameType.RST_STREAM, 0, 1, uint32(8)))],
    ['drops the connection', (client) => void client.socket.destroy()],
    ['breaks the protocol', (client) => void client.send(frame(frameType.PING, 0, 1))],
    ['is dropped', (_client, server) => server.connections[0]?.destroy()],
  ])('before the answer: it %s', async (_how, leave) => {
    const arrived = Promise.withResolvers<void>()
    const server = await serveForTest(async (_request, { signal }) => {
      arrived.resolve()
      await once(signal, 'abort')
      return ok({ body: open() })
    })
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo()))
    await arrived.promise
    leave(client, server)
    expect(await server.delivery).toEqual({ outcome: 'aborted', bodyBytes: 0 })
    expect(server.connections[0]?.inFlight).toBe(0)
  })

  it('during the answer', async () => {
    const body = open()
    body.push('abc')
    let gone: AbortSignal | undefined
    const server = await serveForTest(async (_request, { signal }) => {
      gone = signal
      return ok({ body })
    })
    const stream = request(server)
    await once(stream, 'data')
    stream.close(constants.NGHTTP2_CANCEL)
    expect(await server.delivery).toEqual({ outcome: 'aborted', bodyBytes: 3 })
    expect(gone?.aborted).toBe(true)
    expect(body.destroyed).toBe(true)
  })

  it('while it sends: who reads its content learns of it', async () => {
    const failure = Promise.withResolvers<unknown>()
    const server = await serveForTest(async ({ body }) => {
      await text(body ?? open()).catch(failure.resolve)
      return ok()
    })
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo('POST'), false), data(1, 'a'), frame(frameType.RST_STREAM, 0, 1, uint32(8)))
    expect(await failure.promise).toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
  })

  it('is not what a complete response looks like', async () => {
    let gone: AbortSignal | undefined
    const server = await serveForTest(async (_request, { signal }) => {
      gone = signal
      return ok()
    })
    await text(request(server))
    expect((await server.delivery).outcome).toBe('complete')
    expect(gone?.aborted).toBe(false)
  })
})
