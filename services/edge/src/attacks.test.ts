/** Attacks on a whole edge over TLS, each beside another client that goes on being served (RFC 9113 §10.5, CVE-2023-44487). */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { attackHttp2, closed, startBystander } from './testing/attack.ts'
import {
  continuation,
  endHeaders,
  endStream,
  frame,
  getRequest,
  headers,
  line,
  ping,
  postRequest,
  reset,
  settings,
  streams,
  times,
} from './testing/http2-frames.ts'
import { ca, connectRaw, host, settingsFile, startOrigin, startTestEdge, type TestEdge } from './testing/test-edge.ts'

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

/** A field of 4 KiB that is put into the table, and then said again and again in one octet each. */
const bomb = Buffer.concat([
  getRequest,
  Buffer.from([0x40, 1, 0x61, 127, 0x80 | ((3900 - 127) & 127), (3900 - 127) >> 7]),
  Buffer.alloc(3900, 'b'),
  Buffer.alloc(10_000, 0xbe),
])

const http2Attacks: [name: string, octets: Buffer][] = [
  [
    'rapid reset',
    streams(200, (id) =>
      Buffer.concat([
        frame(headers, endHeaders | endStream, id, getRequest),
        frame(reset, 0, id, Buffer.from([0, 0, 0, 8])),
      ]),
    ),
  ],
  [
    'resets that the edge is provoked to (CVE-2025-8671)',
    streams(200, (id) =>
      Buffer.concat([frame(headers, endHeaders | endStream, id, getRequest), frame(8, 0, id, Buffer.alloc(4))]),
    ),
  ],
  ['a PING flood', times(500, frame(ping, 0, 0, Buffer.alloc(8)))],
  ['a SETTINGS flood', times(500, frame(settings, 0, 0))],
  [
    'a CONTINUATION flood',
    Buffer.concat([frame(headers, endStream, 1, getRequest), times(100, frame(continuation, 0, 1, line('x', 'y')))]),
  ],
  [
    'a flood of empty CONTINUATION',
    Buffer.concat([frame(headers, endStream, 1, getRequest), times(100, frame(continuation, 0, 1))]),
  ],
  ['a flood of empty DATA', Buffer.concat([frame(headers, endHeaders, 1, postRequest), times(500, frame(0, 0, 1))])],
]

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
  const refused = (): unknown[] => edge.lines.filter(({ code }) => code === 'HEADERS_TOO_LARGE')
  await expect.poll(() => refused().length).toBe(20)
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
