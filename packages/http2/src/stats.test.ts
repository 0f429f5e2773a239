/** What an operator can see of a server's clients. */
import { describe, expect, it } from 'vitest'
import { flag, frameHeaderBytes, frameType } from './frame-types.ts'
import { data, frame, headers, ok, pseudo, RawClient, serveForTest, uint32 } from './testing.ts'

const { HEADERS, PING, CONTINUATION } = frameType
const cancel = (id: number): Buffer => frame(frameType.RST_STREAM, 0, id, uint32(8))
/** A literal that enters the table (RFC 7541 §6.2.1): `a: b`, 34 octets as tables count. */
const indexed = Buffer.from([0x40, 1, 0x61, 1, 0x62])
const withTableEntry = (id: number): Buffer => {
  const plain = headers(id, pseudo()).subarray(frameHeaderBytes)
  return frame(HEADERS, flag.END_HEADERS | flag.END_STREAM, id, Buffer.concat([plain, indexed]))
}

describe('stats', () => {
  it('counts requests, what became none, and resets of either side', async () => {
    const server = await serveForTest(
      ({ target }) => (target === '/hang' ? new Promise<never>(() => undefined) : Promise.resolve(ok())),
      { limits: { concurrentStreams: 2 } },
    )
    const client = await RawClient.connect(server)
    client.send(withTableEntry(1), headers(3, pseudo('CONNECT')), headers(5, [['a', 'b']]))
    client.send(headers(7, [[':method', 'GET'], ...pseudo().slice(1, 3), [':path', '#']]))
    await client.sync()
    client.send(headers(9, pseudo('GET', '/hang')), headers(11, pseudo('GET', '/hang')), headers(13, pseudo()))
    client.send(cancel(11))
    await client.sync()
    expect(server.stats()).toEqual({
      connections: 1,
      acceptedConnections: 1,
      streams: 7,
      requests: 4,
      refused: { BAD_REQUEST: 1 },
      resetsReceived: 1,
      resetsSent: { PROTOCOL_ERROR: 2, REFUSED_STREAM: 1 },
      goaways: {},
      floods: {},
      stalled: 0,
      tableBytes: 34,
    })
    client.socket.destroy()
    await server.connections[0]?.closed
    expect(server.stats()).toMatchObject({ connections: 0, acceptedConnections: 1, tableBytes: 0 })
  })

  it('counts content that was not waited for', async () => {
    const server = await serveForTest(async () => ok())
    const client = await RawClient.connect(server)
    client.send(headers(1, pseudo('POST'), false))
    expect(await client.content(1)).toBe('ok')
    expect(server.stats().resetsSent).toEqual({ NO_ERROR: 1 })
  })

  it('counts connections told to end, each once, by the reason', async () => {
    const server = await serveForTest(async () => ok())
    const [drained, idle, broken] = [
      await RawClient.connect(server),
      await RawClient.connect(server),
      await RawClient.connect(server),
    ]
    for (const client of [drained, idle, broken]) await client.sync()
    server.connections[0]?.drain()
    server.connections[0]?.drain()
    broken.send(frame(frameType.DATA, 0, 0, Buffer.from('a')))
    expect(await broken.verdict()).toBe('goaway PROTOCOL_ERROR')
    server.advance(2)
    await server.connections[0]?.closed
    server.advance(80)
    expect(await idle.verdict()).toBe('goaway NO_ERROR')
    expect(server.stats()).toMatchObject({ goaways: { NO_ERROR: 2, PROTOCOL_ERROR: 1 }, floods: {}, stalled: 0 })
  })

  it.each<[string, Buffer[]]>([
    [
      'reset',
      Array.from({ length: 300 }, (_none, i) => Buffer.concat([headers(2 * i + 1, pseudo()), cancel(2 * i + 1)])),
    ],
    ['control', Array.from({ length: 600 }, () => frame(PING, 0, 0, Buffer.alloc(8)))],
    ['empty', [headers(1, pseudo('POST'), false), ...Array.from({ length: 200 }, () => data(1, ''))]],
    ['windowUpdate', Array.from({ length: 1200 }, () => frame(frameType.WINDOW_UPDATE, 0, 0, uint32(1)))],
    ['fieldBlock', [frame(HEADERS, 0, 1), ...Array.from({ length: 20 }, () => frame(CONTINUATION, 0, 1, [0x82]))]],
  ])('counts a flood by its kind: %s', async (kind, attack) => {
    const server = await serveForTest(() => new Promise(() => undefined))
    const client = await RawClient.connect(server)
    client.send(...attack)
    await server.connections[0]?.closed
    expect(server.stats()).toMatchObject({ floods: { [kind]: 1 }, goaways: { ENHANCE_YOUR_CALM: 1 } })
  })

  it('counts clients that are too slow, each once', async () => {
    const server = await serveForTest(() => new Promise(() => undefined))
    const amidHead = await RawClient.connect(server)
    await amidHead.sync()
    amidHead.send(frame(HEADERS, 0, 1))
    const unopened = await RawClient.connect(server, Buffer.from('PRI'))
    expect(await amidHead.send(frame(PING)).verdict()).toBe('goaway PROTOCOL_ERROR')
    server.advance(20)
    expect(await unopened.verdict()).toBe('goaway ENHANCE_YOUR_CALM')
    expect(server.stats()).toMatchObject({ stalled: 1 })
  })
})
