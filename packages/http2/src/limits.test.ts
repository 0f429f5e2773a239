/** Attacks that one client can make on its own: each is stopped, and another client notices nothing. */
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Fields, type HttpHandler, type HttpResponse } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { flag, frameType, preface, setting } from './frame-types.ts'
import { block, data, frame, headers, pseudo, RawClient, serveForTest, uint32, type TestServer } from './testing.ts'

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION } = frameType

const answer = (body: HttpResponse['body'] = 'ok'): HttpResponse => ({ status: 200, fields: Fields.of(), body })
const never: HttpHandler = () => new Promise<HttpResponse>(() => undefined)
const times = (count: number, make: (index: number) => Buffer): Buffer[] =>
  Array.from({ length: count }, (_nothing, index) => make(index))
const post = (id: number): Buffer => headers(id, pseudo('POST'), false)
const cancel = (id: number): Buffer => frame(RST_STREAM, 0, id, uint32(8))

/** `/hang` is never answered. */
const handler: HttpHandler = (request, context) =>
  request.target === '/hang' ? never(request, context) : Promise.resolve(answer())

const expectUnharmed = async (server: TestServer): Promise<void> => {
  const other = await RawClient.connect(server)
  expect(await other.send(headers(1, pseudo())).verdict()).toBe('status 200')
}

/** Skips what is answered on the way to the end. */
const lastVerdict = async (client: RawClient): Promise<string> => {
  for (;;) {
    const verdict = await client.verdict()
    if (verdict.startsWith('goaway') || verdict === 'closed') return verdict
  }
}

describe('floods', () => {
  const empty = frame(SETTINGS)
  it.each<[string, Buffer[]]>([
    [
      'rapid reset, CVE-2023-44487',
      times(400, (i) => Buffer.concat([headers(2 * i + 1, pseudo()), cancel(2 * i + 1)])),
    ],
    [
      'resets provoked by WINDOW_UPDATE, CVE-2025-8671',
      times(400, (i) => Buffer.concat([post(2 * i + 1), frame(WINDOW_UPDATE, 0, 2 * i + 1, uint32(0))])),
    ],
    ['resets provoked by malformed requests', times(400, (i) => headers(2 * i + 1, [['a', 'b']]))],
    [
      'resets provoked by too much content',
      times(400, (i) =>
        Buffer.concat([headers(2 * i + 1, [...pseudo('POST'), ['content-length', '0']], false), data(2 * i + 1, 'a')]),
      ),
    ],
    ['resets provoked by PRIORITY', times(400, () => frame(PRIORITY, 0, 1, [...uint32(1), 0]))],
    ['SETTINGS, CVE-2019-9515', times(1000, () => empty)],
    ['PING, CVE-2019-9512', times(1000, () => frame(PING, 0, 0, Buffer.alloc(8)))],
    ['PRIORITY, CVE-2019-9513', times(1000, () => frame(PRIORITY, 0, 1, [...uint32(3), 0]))],
    ['unknown frames', times(1000, () => frame(0x99))],
    ['empty DATA, CVE-2019-9518', [post(1), ...times(1000, () => frame(DATA, 0, 1))]],
    [
      'DATA that is padding only',
      [headers(1, pseudo('POST', '/hang'), false), ...times(1000, () => frame(DATA, flag.PADDED, 1, [1, 0]))],
    ],
    ['WINDOW_UPDATE', [post(1), ...times(3000, () => frame(WINDOW_UPDATE, 0, 0, uint32(1)))]],
    [
      'CONTINUATION without end, CVE-2024-27316',
      [frame(HEADERS, 0, 1), ...times(100, () => frame(CONTINUATION, 0, 1, block([['a', 'b']])))],
    ],
    ['empty CONTINUATION', [frame(HEADERS, 0, 1), ...times(1000, () => frame(CONTINUATION, 0, 1))]],
    [
      'a field block of megabytes',
      [frame(HEADERS, 0, 1), ...times(4, () => frame(CONTINUATION, 0, 1, Buffer.alloc(16_384)))],
    ],
  ])('%s', async (_what, octets) => {
    const server = await serveForTest(handler)
    const client = await RawClient.connect(server)
    client.send(...octets)
    expect(await lastVerdict(client)).toBe('goaway ENHANCE_YOUR_CALM')
    await expectUnharmed(server)
  })

  it('are forgiven with time', async () => {
    const server = await serveForTest(handler)
    const client = await RawClient.connect(server)
    const pings = times(300, () => frame(PING, 0, 0, Buffer.alloc(8)))
    for (let round = 0; round < 5; round += 1) {
      client.send(...pings)
      expect(await client.sync()).toBe(true)
      server.advance(3)
    }
  })

  it('do not count a client that gives window back for what it got', async () => {
    const server = await serveForTest(async () => answer(Buffer.alloc(4_000_000)), {
      limits: { windowUpdatesPerSecond: 1 },
    })
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo()))
    for (let got = 0; got < 4_000_000;) {
      const found = await client.take(({ type }) => type === DATA)
      if (found === undefined) throw new Error('closed')
      got += found.payload.length
      client.send(...[0, 1].map((id) => frame(WINDOW_UPDATE, 0, id, uint32(Math.max(found.payload.length, 1)))))
    }
    expect(await client.sync()).toBe(true)
  })
})

describe('concurrent streams', () => {
  it('are refused beyond the limit', async () => {
    const client = await RawClient.connect(await serveForTest(never, { limits: { concurrentStreams: 2 } }))
    client.send(...[1, 3, 5].map((id) => headers(id, pseudo())))
    expect(await client.verdict()).toBe('reset 5 REFUSED_STREAM')
  })

  it('count those that were reset while their handler still works', async () => {
    const done = Promise.withResolvers<HttpResponse>()
    const server = await serveForTest(() => done.promise, { limits: { concurrentStreams: 2 } })
    const client = await RawClient.connect(server)
    client.send(...[1, 3].map((id) => Buffer.concat([headers(id, pseudo()), cancel(id)])), headers(5, pseudo()))
    expect(await client.verdict()).toBe('reset 5 REFUSED_STREAM')
    done.resolve(answer())
    expect(await client.sync()).toBe(true)
    expect(await client.send(headers(7, pseudo())).verdict()).toBe('status 200')
  })
})

describe('fields', () => {
  it.each<[string, (readonly [string, string])[]]>([
    ['too many', times(101, () => Buffer.alloc(0)).map((_nothing, i) => [`x-${i}`, ''] as const)],
    ['too large', ['x-a', 'x-b'].map((name) => [name, 'a'.repeat(8100)] as const)],
    ['a cookie in a thousand crumbs', times(1000, () => Buffer.alloc(0)).map(() => ['cookie', ''] as const)],
  ])('%s are answered with 431, and the connection lives on', async (_what, more) => {
    const server = await serveForTest(handler)
    const client = await RawClient.connect(server)
    client.send(headers(1, [...pseudo(), ...more]), headers(3, pseudo()))
    expect(await client.verdict()).toBe('status 431')
    expect(await client.verdict()).toBe('status 200')
  })

  it('a bomb of indexed fields costs no more than its limit', async () => {
    const client = await RawClient.connect(await serveForTest(handler))
    const large = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0x81, 0x1e]), Buffer.alloc(3968, 0x62)])
    const bomb = Buffer.concat([block(pseudo()), large, Buffer.alloc(10_000, 0xbe)])
    client.send(frame(HEADERS, flag.END_HEADERS | flag.END_STREAM, 1, bomb))
    expect(await client.verdict()).toBe('status 431')
  })
})

describe('a client that does not read', () => {
  it('is not read from either, and at last left', async () => {
    const server = await serveForTest(async () => answer(Buffer.alloc(200_000)), { limits: { writeStallMs: 30_000 } })
    const client = await RawClient.connect(server)
    const window = frame(SETTINGS, 0, 0, [0, setting.INITIAL_WINDOW_SIZE, ...uint32(2 ** 30)])
    client.socket.pause()
    client.send(window, frame(WINDOW_UPDATE, 0, 0, uint32(2 ** 30)))
    for (let id = 1; id < 250; id += 2) client.send(headers(id, pseudo()))
    await expectUnharmed(server)
    server.advance(40)
    await server.connections[0]?.closed
    expect(server.deliveries.some(({ outcome }) => outcome === 'aborted')).toBe(true)
    await expectUnharmed(server)
  })

  it('but keeps its window shut loses the response, and nothing else', async () => {
    const server = await serveForTest(async ({ target }) => answer(target === '/' ? 'ok' : Buffer.alloc(100_000)), {
      limits: { writeStallMs: 30_000 },
    })
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo('GET', '/large')))
    expect(await client.verdict()).toBe('status 200')
    server.advance(20)
    // A trickle is no progress.
    client.send(...[0, 1].map((id) => frame(WINDOW_UPDATE, 0, id, uint32(10))))
    await client.sync()
    server.advance(15)
    expect(await client.verdict()).toBe('reset 1 CANCEL')
    expect(await server.delivery).toMatchObject({ outcome: 'aborted', bodyBytes: 65_545 })
    client.send(frame(WINDOW_UPDATE, 0, 0, uint32(1000)), headers(3, pseudo()))
    expect(await client.verdict()).toBe('status 200')
  })
})

describe('time', () => {
  it.each<[string, Buffer, number]>([
    ['no preface', Buffer.alloc(0), 11],
    ['half a preface', preface.subarray(0, 10), 11],
    ['no SETTINGS', preface, 11],
    ['half a field block', Buffer.concat([preface, frame(SETTINGS), frame(HEADERS, 0, 1, block(pseudo()))]), 11],
    ['half a frame', Buffer.concat([preface, frame(SETTINGS), headers(1, pseudo()).subarray(0, 12)]), 11],
  ])('%s is not waited for', async (_what, opening, seconds) => {
    const server = await serveForTest(handler)
    const client = await RawClient.connect(server, opening)
    await client.take(({ type }) => type === SETTINGS)
    if (opening.length > preface.length) await client.take(({ flags }) => flags === flag.ACK)
    server.advance(seconds)
    expect(await client.verdict()).toBe('goaway ENHANCE_YOUR_CALM')
    await expectUnharmed(server)
  })

  it('an idle connection ends, PING or not', async () => {
    const server = await serveForTest(handler)
    const client = await RawClient.connect(server)
    expect(await client.send(headers(1, pseudo())).verdict()).toBe('status 200')
    server.advance(50)
    expect(await client.sync()).toBe(true)
    server.advance(30)
    expect(await client.verdict()).toBe('goaway NO_ERROR')
    await server.connections[0]?.closed
  })

  it('one with a request in flight is not idle', async () => {
    const server = await serveForTest(never)
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo()))
    await client.sync()
    server.advance(1000)
    expect(await client.sync()).toBe(true)
  })

  it('content that trickles in is 408', async () => {
    const reading = Promise.withResolvers<void>()
    const failure = Promise.withResolvers<unknown>()
    const server = await serveForTest(async ({ body }) => {
      const content = text(body ?? Readable.from([]))
      body?.once('data', () => reading.resolve())
      await content.catch(failure.resolve)
      return { status: 408, fields: Fields.of(), body: undefined }
    })
    const client = await RawClient.connect(server)
    client.send(post(1), data(1, 'a'))
    await reading.promise
    server.advance(11)
    expect(await failure.promise).toMatchObject({ code: 'REQUEST_TIMEOUT' })
    expect(await client.verdict()).toBe('status 408')
  })

  it('but nobody is blamed while our side does not read', async () => {
    const go = Promise.withResolvers<void>()
    const server = await serveForTest(async ({ body }) => {
      await go.promise
      return answer(await text(body ?? Readable.from([])))
    })
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo('POST'), false), data(1, 'a'))
    await client.sync()
    server.advance(100)
    client.send(data(1, 'b', true))
    await client.sync()
    go.resolve()
    expect(await client.content(1)).toBe('ab')
  })
})

describe('the end of a connection', () => {
  it('does not wait for a client that takes no note of it', async () => {
    const server = await serveForTest(handler)
    const client = await RawClient.connect(server)
    await client.sync()
    client.socket.pause()
    client.send(frame(PING, 0, 1))
    const [connection] = server.connections
    await expectUnharmed(server)
    server.advance(3)
    expect(connection).toBeDefined()
    await connection?.closed
    await expectUnharmed(server)
  })
})

describe('windows', () => {
  it.each([
    ['of the stream', 1000, 1_000_000, 'reset 1 FLOW_CONTROL_ERROR'],
    ['of the connection', 1_000_000, 65_535, 'goaway FLOW_CONTROL_ERROR'],
  ])('a client that exceeds that %s', async (_whose, streamWindowBytes, connectionWindowBytes, verdict) => {
    const server = await serveForTest(never, { limits: { streamWindowBytes, connectionWindowBytes } })
    const client = await RawClient.connect(server)
    client.send(post(1), ...times(5, () => data(1, 'a'.repeat(16_000))))
    expect(await client.verdict()).toBe(verdict)
  })
})
