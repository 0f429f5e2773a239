import type { HttpResponse } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { flag, frameType, setting } from './frame-types.ts'
import { data, frame, headers, ok, pseudo, RawClient, serveForTest, uint32, type Frame } from './testing.ts'

const isGoaway = ({ type }: Frame): boolean => type === frameType.GOAWAY

describe('drain', () => {
  it('lets those in flight finish, takes those on the way, then closes', async () => {
    const answers = new Map<string, PromiseWithResolvers<HttpResponse>>()
    const server = await serveForTest(({ target }) => {
      const answer = Promise.withResolvers<HttpResponse>()
      answers.set(target, answer)
      return answer.promise
    })
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo('GET', '/a')))
    await client.sync()
    const [connection] = server.connections
    connection?.drain()
    expect((await client.take(isGoaway))?.payload.readUInt32BE(0)).toBe(2 ** 31 - 1)
    const ping = await client.take(({ type, flags }) => type === frameType.PING && flags === 0)
    client.send(headers(3, pseudo('GET', '/b')), frame(frameType.PING, flag.ACK, 0, ping?.payload ?? []))
    expect((await client.take(isGoaway))?.payload.readUInt32BE(0)).toBe(3)
    client.send(headers(5, pseudo('GET', '/late')))
    expect(await client.sync()).toBe(true)
    expect(connection?.inFlight).toBe(2)
    for (const answer of answers.values()) answer.resolve(ok())
    expect(await Promise.all([client.content(1), client.content(3)])).toEqual(['ok', 'ok'])
    await connection?.closed
    expect([...answers.keys()]).toEqual(['/a', '/b'])
    expect(connection?.requests).toBe(2)
  })

  it('does not wait for a client that answers no PING', async () => {
    const server = await serveForTest(async () => ok())
    const client = await RawClient.connect(server)
    await client.sync()
    server.connections[0]?.drain()
    server.advance(2)
    await server.connections[0]?.closed
    expect(server.connections[0]?.inFlight).toBe(0)
  })

  it('takes no offence at what comes on streams that came too late, and gives their window back', async () => {
    const answer = Promise.withResolvers<HttpResponse>()
    const server = await serveForTest(() => answer.promise, { limits: { connectionWindowBytes: 65_535 } })
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo()))
    await client.sync()
    server.connections[0]?.drain()
    const ping = await client.take(({ type, flags }) => type === frameType.PING && flags === 0)
    client.send(frame(frameType.PING, flag.ACK, 0, ping?.payload ?? []))
    for (let id = 3; id <= 9; id += 2) {
      client.send(headers(id, pseudo('POST'), false), data(id, 'a'.repeat(10_000)))
      client.send(frame(frameType.WINDOW_UPDATE, 0, id, uint32(1)), headers(id, [['trailer', 'a']]))
    }
    client.send(frame(frameType.RST_STREAM, 0, 9, uint32(8)))
    expect(await client.sync()).toBe(true)
    const update = await client.take(({ type, id }) => type === frameType.WINDOW_UPDATE && id === 0)
    expect(update?.payload.readUInt32BE(0)).toBe(40_000)
    answer.resolve(ok())
    expect(await client.content(1)).toBe('ok')
    await server.connections[0]?.closed
    expect(server.connections[0]?.requests).toBe(1)
    expect(client.frames.filter(isGoaway).map(({ payload }) => payload.readUInt32BE(0))).toEqual([2 ** 31 - 1, 1])
  })

  it('closes its own side first and reads on, so that a client in the middle of sending still gets its answer', async () => {
    const body = 'b'.repeat(1_000_000)
    const asked = Promise.withResolvers<void>()
    const server = await serveForTest(async () => {
      asked.resolve()
      return ok({ body })
    })
    const client = await RawClient.connect(server)
    const window = frame(frameType.WINDOW_UPDATE, 0, 0, uint32(2_000_000))
    client.send(frame(frameType.SETTINGS, 0, 0, [0, setting.INITIAL_WINDOW_SIZE, ...uint32(2_000_000)]), window)
    await client.sync()
    client.socket.pause()
    client.send(headers(1, pseudo('POST'), false))
    await asked.promise
    server.connections[0]?.drain()
    // It does not read the PING either: two sweeps are the time it has to answer.
    server.advance(2)
    for (let sent = 0; sent < 60; sent += 1) client.send(data(1, 'a'.repeat(16_384)))
    client.socket.resume()
    expect(await client.content(1)).toBe(body)
    await server.connections[0]?.closed
    expect(client.frames.filter(isGoaway)).toHaveLength(2)
    expect(client.socket.errored).toBe(null)
  })

  it('names the same last request again when the connection ends badly after all', async () => {
    const server = await serveForTest(() => new Promise(() => undefined))
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo()))
    await client.sync()
    server.connections[0]?.drain()
    const ping = await client.take(({ type, flags }) => type === frameType.PING && flags === 0)
    client.send(frame(frameType.PING, flag.ACK, 0, ping?.payload ?? []), headers(3, pseudo()))
    client.send(frame(frameType.DATA, 0, 0))
    await server.connections[0]?.closed
    expect(client.frames.filter(isGoaway).map(({ payload }) => payload.readUInt32BE(0))).toEqual([2 ** 31 - 1, 1, 1])
  })

  it('tells a client that goes away which of its requests were the last', async () => {
    const answer = Promise.withResolvers<HttpResponse>()
    const server = await serveForTest(() => answer.promise)
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo()), frame(frameType.GOAWAY, 0, 0, Buffer.alloc(8)), headers(3, pseudo()))
    expect((await client.take(isGoaway))?.payload.readUInt32BE(0)).toBe(1)
    client.send(frame(frameType.GOAWAY, 0, 0, Buffer.alloc(8)))
    await client.sync()
    answer.resolve(ok())
    expect(await client.content(1)).toBe('ok')
    await server.connections[0]?.closed
    expect(client.frames.filter(isGoaway)).toEqual([])
  })

  it('is what a client’s GOAWAY comes to', async () => {
    const answer = Promise.withResolvers<HttpResponse>()
    const server = await serveForTest(() => answer.promise)
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo()), frame(frameType.GOAWAY, 0, 0, Buffer.alloc(8)))
    await client.sync()
    answer.resolve(ok())
    expect(await client.content(1)).toBe('ok')
    await server.connections[0]?.closed
  })
})
