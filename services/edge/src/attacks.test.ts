/** Attacks on a whole edge over TLS, each beside another client that goes on being served (RFC 9113 §10.5, CVE-2023-44487). */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import {
  ask,
  askHttp2,
  ca,
  connectRaw,
  connectSession,
  host,
  settingsFile,
  startOrigin,
  startTestEdge,
  type TestEdge,
} from './testing/test-edge.ts'

const limits = {
  connections: { maxConnectionsPerClient: 30, maxHandshakes: 10, handshakeTimeoutMs: 500 },
  http1: { headerTimeoutMs: 500, bodyGraceMs: 1, minBodyBytesPerSecond: 1_000_000 },
  http2: {
    headerTimeoutMs: 500,
    bodyGraceMs: 1,
    minBodyBytesPerSecond: 1_000_000,
    resetsPerSecond: 5,
    controlFramesPerSecond: 5,
    emptyFramesPerSecond: 5,
    continuationFrames: 2,
    lingerMs: 1,
  },
}

const start = async (connections: object = {}): Promise<TestEdge> => {
  const origin = await startOrigin((request, response) => {
    request.resume().once('end', () => response.end('served'))
  })
  return startTestEdge([origin], {
    EDGE_SETTINGS_FILE: settingsFile({ limits: { ...limits, connections: { ...limits.connections, ...connections } } }),
  })
}

const frame = (type: number, flags: number, id: number, payload: Buffer = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(id, 5)
  return Buffer.concat([head, payload])
}

const [headers, reset, settings, ping, continuation] = [1, 3, 4, 6, 9]
const endStream = 1
const endHeaders = 4

const line = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)])

/** GET over HTTPS, as indexed fields (RFC 7541 appendix A), and who is asked. */
const request = Buffer.concat([Buffer.from([0x82, 0x87, 0x84]), line(':authority', host)])

const streams = (count: number, framesOf: (id: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => framesOf(2 * index + 1)))

const times = (count: number, octets: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => octets))

/** A field of 4 KiB that is put into the table, and then said again and again in one octet each. */
const bomb = Buffer.concat([
  request,
  Buffer.from([0x40, 1, 0x61, 127, 0x80 | ((3900 - 127) & 127), (3900 - 127) >> 7]),
  Buffer.alloc(3900, 'b'),
  Buffer.alloc(10_000, 0xbe),
])

const http2Attacks: [name: string, octets: Buffer][] = [
  [
    'rapid reset',
    streams(200, (id) =>
      Buffer.concat([
        frame(headers, endHeaders | endStream, id, request),
        frame(reset, 0, id, Buffer.from([0, 0, 0, 8])),
      ]),
    ),
  ],
  [
    'resets that the edge is provoked to (CVE-2025-8671)',
    streams(200, (id) =>
      Buffer.concat([frame(headers, endHeaders | endStream, id, request), frame(8, 0, id, Buffer.alloc(4))]),
    ),
  ],
  ['a PING flood', times(500, frame(ping, 0, 0, Buffer.alloc(8)))],
  ['a SETTINGS flood', times(500, frame(settings, 0, 0))],
  [
    'a CONTINUATION flood',
    Buffer.concat([frame(headers, endStream, 1, request), times(100, frame(continuation, 0, 1, line('x', 'y')))]),
  ],
  [
    'a flood of empty CONTINUATION',
    Buffer.concat([frame(headers, endStream, 1, request), times(100, frame(continuation, 0, 1))]),
  ],
  [
    'a flood of empty DATA',
    Buffer.concat([
      frame(headers, endHeaders, 1, Buffer.concat([Buffer.from([0x83]), request.subarray(1)])),
      times(500, frame(0, 0, 1)),
    ]),
  ],
]

const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(settings, 0, 0)])

/** Another client, over both protocols, on connections it had before and on new ones. */
const startBystander = async (edge: TestEdge) => {
  const session = connectSession(edge)
  const isServed = async (): Promise<boolean> => {
    const replies = await Promise.all([ask(edge, '/'), askHttp2(session, { ':path': '/' })])
    return replies.every(({ status, text }) => status === 200 && text === 'served')
  }
  expect(await isServed()).toBe(true)
  return isServed
}

/** However it ends: `once` would fail with the reset. */
const closed = (socket: Socket): Promise<unknown> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve(undefined)
    else
      socket
        .on('error', () => undefined)
        .once('close', resolve)
        .resume()
  })

const attackHttp2 = async (edge: TestEdge, octets: Buffer): Promise<TLSSocket> => {
  const socket = await connectRaw(edge, { ALPNProtocols: ['h2'] })
  socket.write(Buffer.concat([preface, octets]))
  return socket
}

it.each(http2Attacks)('%s ends the connection it comes over, and nobody else’s', async (_name, octets) => {
  const edge = await start()
  const isServed = await startBystander(edge)
  const attackers = await Promise.all(Array.from({ length: 5 }, () => attackHttp2(edge, octets)))
  expect(await isServed()).toBe(true)
  await Promise.all(attackers.map(closed))
  expect(await isServed()).toBe(true)
})

it('an HPACK bomb is refused before it is unpacked, and nobody else waits for that', async () => {
  const edge = await start()
  const isServed = await startBystander(edge)
  const attacker = await attackHttp2(
    edge,
    streams(20, (id) => frame(headers, endHeaders | endStream, id, bomb)),
  )
  const before = process.memoryUsage().rss
  attacker.resume()
  for (let round = 0; round < 5; round++) expect(await isServed()).toBe(true)
  // Unpacked, these would be 20 times 39 MB.
  expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
})

it.each([
  ['heads that never end (Slowloris)', `GET / HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `],
  ['content that hardly comes (slow POST)', `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000\r\n\r\nx`],
])('%s cost a client its connections in time, and nobody else anything', async (_name, octets) => {
  const edge = await start()
  const isServed = await startBystander(edge)
  const attackers = await Promise.all(Array.from({ length: 15 }, () => connectRaw(edge)))
  for (const socket of attackers) socket.write(octets)
  expect(await isServed()).toBe(true)
  await Promise.all(attackers.map(closed))
  await expect.poll(() => edge.lines).toContainEqual(expect.objectContaining({ code: 'REQUEST_TIMEOUT' }))
  expect(await isServed()).toBe(true)
})

/** Connections from another address than the bystander's. */
const flood = (edge: TestEdge, count: number): Socket[] =>
  Array.from({ length: count }, () => {
    const socket = connectTcp({ port: edge.httpsPort, host: '127.0.0.1', localAddress: '127.0.0.2' })
    onTestFinished(() => void socket.destroy())
    return socket.on('error', () => undefined)
  })

it('connections that never shake hands are closed, the oldest first, and a new client still comes in', async () => {
  const edge = await start()
  const isServed = await startBystander(edge)
  const attackers = flood(edge, 25)
  await Promise.all(attackers.map((socket) => once(socket, 'connect')))
  expect(await isServed()).toBe(true)
  await Promise.all(attackers.map(closed))
  expect(await isServed()).toBe(true)
})

it('one address gets no more connections than it may have, another still gets its own', async () => {
  // A connection that is dropped because this machine is busy would make room for one more.
  const edge = await start({ handshakeTimeoutMs: 60_000 })
  const isServed = await startBystander(edge)
  let secured = 0
  for (let index = 0; index < 40; index++) {
    const [raw] = flood(edge, 1)
    if (raw === undefined) throw new Error('no socket')
    const socket = connectTls({ socket: raw, ca, servername: host, ALPNProtocols: ['http/1.1'] })
    socket.on('error', () => undefined)
    const isIn = await Promise.race([
      once(socket, 'secureConnect').then(
        () => true,
        () => false,
      ),
      closed(raw).then(() => false),
    ])
    if (isIn) secured++
  }
  expect(secured).toBe(30)
  expect(await isServed()).toBe(true)
})
