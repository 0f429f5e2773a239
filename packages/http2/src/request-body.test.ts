import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { bodyLimit, errorResponse, type HttpHandler } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { frameType } from './frame-types.ts'
import {
  connectSession,
  data,
  frame,
  headers,
  ok,
  pseudo,
  RawClient,
  request,
  serveForTest,
  uint32,
} from './testing.ts'

const echo: HttpHandler = async ({ body }) => ok({ body })

describe('content', () => {
  it.each([0, 1, 70_000, 3_000_000])('of %i octets comes back', async (length) => {
    const stream = request(await serveForTest(echo), { ':method': 'POST' }, false)
    stream.end('x'.repeat(length))
    expect(await text(stream)).toHaveLength(length)
  })

  it('sent an octet at a time while nobody reads comes whole', async () => {
    const go = Promise.withResolvers<void>()
    const server = await serveForTest(async ({ body }) => {
      await go.promise
      return ok({ body })
    })
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo('POST'), false))
    const letters = Array.from({ length: 10_000 }, (_nothing, i) => String.fromCharCode(97 + (i % 26)))
    client.send(...letters.map((letter) => data(1, letter)), data(1, 'y'.repeat(5000)), data(1, 'z', true))
    await client.sync()
    go.resolve()
    expect(await client.content(1)).toBe(`${letters.join('')}${'y'.repeat(5000)}z`)
  })

  it.each<[string, Buffer, string]>([
    ['sends more than announced', data(1, 'ab'), 'the content is not as long as announced'],
    ['sends malformed trailers', headers(1, [['a', 'b\r\nc: d']]), 'malformed trailers'],
    ['opens its window by nothing', frame(frameType.WINDOW_UPDATE, 0, 1, uint32(0)), 'WINDOW_UPDATE by nothing'],
  ])('is given up with a reason when the client breaks the protocol: it %s', async (_what, sent, sentence) => {
    const failure = Promise.withResolvers<unknown>()
    let gone: AbortSignal | undefined
    const server = await serveForTest(async ({ body }, { signal }) => {
      gone = signal
      await text(body ?? Readable.from([])).catch(failure.resolve)
      return ok()
    })
    const client = await RawClient.connect(server)
    client.send(headers(1, [...pseudo('POST'), ['content-length', '1']], false), sent)
    const refusal = expect.objectContaining({ code: 'BAD_REQUEST', status: 400, message: sentence })
    expect(await server.delivery).toEqual({ outcome: 'refused', bodyBytes: 0, refusal })
    expect(await failure.promise).toEqual(refusal)
    expect(gone?.aborted).toBe(true)
  })

  it('is no longer wanted once the answer is out', async () => {
    const server = await serveForTest(errorResponse()(bodyLimit(1000)(echo)))
    const client = await RawClient.connect(server)
    client.send(headers(1, [...pseudo('POST'), ['content-length', '2000']], false))
    expect(await client.verdict()).toBe('status 413')
    expect(await client.verdict()).toBe('reset 1 NO_ERROR')
    expect((await server.delivery).outcome).toBe('complete')
    client.send(data(1, 'late'), headers(3, pseudo()))
    expect(await client.verdict()).toBe('status 200')
  })

  it('gives as much window back as was read, and no more', async () => {
    const server = await serveForTest(async ({ body }) => ok({ body: await text(body ?? Readable.from([])) }), {
      limits: { connectionWindowBytes: 65_535 },
    })
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo('POST'), false))
    for (let turn = 0; turn < 20; turn += 1) {
      client.send(data(1, 'x'.repeat(10_000)))
      await client.sync()
    }
    const updates = client.frames.filter(({ type, id }) => type === frameType.WINDOW_UPDATE && id === 0)
    const freed = updates.reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0)
    expect(freed).toBeGreaterThan(200_000 - 65_535)
    expect(freed).toBeLessThanOrEqual(200_000)
  })

  it('that came and was not read does not use it up, either', async () => {
    const server = await serveForTest(async () => ok(), { limits: { connectionWindowBytes: 65_535 } })
    const client = await RawClient.connect(server)
    for (let id = 1; id < 20; id += 2) {
      client.send(headers(id, pseudo('POST'), false), data(id, 'x'.repeat(10_000)))
      expect(await client.content(id)).toBe('ok')
    }
  })

  it('that nobody wants does not use up the window of the connection', async () => {
    const server = await serveForTest(async () => ok(), { limits: { connectionWindowBytes: 65_535 } })
    const session = connectSession(server)
    for (let turn = 0; turn < 5; turn += 1) {
      const stream = session.request({ ':method': 'POST' })
      stream.on('error', () => undefined).end('x'.repeat(50_000))
      expect(await text(stream)).toBe('ok')
    }
  })
})
