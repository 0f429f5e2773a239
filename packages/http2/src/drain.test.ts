import type { HttpResponse } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { flag, frameType } from './frame-types.ts'
import { frame, headers, ok, pseudo, RawClient, serveForTest, type Frame } from './testing.ts'

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
