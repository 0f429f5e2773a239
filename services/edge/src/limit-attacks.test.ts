/** Whoever wants more of a whole edge than a limit allows is refused, beside another client that goes on being served. */
import type { TLSSocket } from 'node:tls'
import { expect, it } from 'vitest'
import { attackHttp2, closed, startBystander } from './testing/attack.ts'
import {
  data,
  endHeaders,
  endStream,
  frame,
  getRequest,
  headers,
  line,
  postRequest,
  reset,
  streams,
  times,
} from './testing/http2-frames.ts'
import { ask, connectRaw, host, settingsFile, startOrigin, startTestEdge, type TestEdge } from './testing/test-edge.ts'

const rate = { bodyGraceMs: 1, minBodyBytesPerSecond: 1_000_000 }
const limits = {
  connections: {},
  http1: {
    maxLineBytes: 200,
    maxHeaderBytes: 500,
    maxHeaderCount: 10,
    headerTimeoutMs: 500,
    idleTimeoutMs: 500,
    ...rate,
  },
  http2: {
    headerListBytes: 800,
    headerFields: 10,
    concurrentStreams: 4,
    headerTimeoutMs: 500,
    idleTimeoutMs: 500,
    ...rate,
  },
}

const start = async (connections: object = {}, http1: object = limits.http1): Promise<TestEdge> => {
  const origin = await startOrigin((request, response) => {
    request.resume().once('end', () => response.end('served'))
  })
  return startTestEdge([origin], { EDGE_SETTINGS_FILE: settingsFile({ limits: { ...limits, connections, http1 } }) })
}

const get = (rest: string): Buffer => Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n${rest}\r\n\r\n`)

const open = async (edge: TestEdge, protocol: string, octets: Buffer): Promise<TLSSocket> => {
  if (protocol === 'h2') return attackHttp2(edge, octets)
  const socket = await connectRaw(edge)
  socket.write(octets)
  return socket
}

/** @returns whether the bystander is served for as long as the attack takes, and once more behind it */
const isServedDuring = async (attack: Promise<unknown>, isServed: () => Promise<boolean>): Promise<boolean> => {
  const state = { isOver: false, isGood: true }
  void attack.finally(() => (state.isOver = true))
  while (!state.isOver && state.isGood) state.isGood = await isServed()
  await attack
  return state.isGood && (await isServed())
}

const http2Fields = (...lines: Buffer[]): Buffer =>
  frame(headers, endHeaders | endStream, 1, Buffer.concat([getRequest, ...lines]))

it.each<[name: string, protocol: string, octets: Buffer, code: string]>([
  ['a request line too long', 'h1', Buffer.from(`GET /${'a'.repeat(300)} HTTP/1.1\r\n`), 'URI_TOO_LONG'],
  ['too many octets of fields', 'h1', get(`X: ${'a'.repeat(600)}`), 'HEADERS_TOO_LARGE'],
  ['too many fields', 'h1', get('X: a\r\n'.repeat(20).trimEnd()), 'HEADERS_TOO_LARGE'],
  [
    'too many octets of fields',
    'h2',
    http2Fields(...Array.from({ length: 8 }, () => line('x', 'a'.repeat(90)))),
    'HEADERS_TOO_LARGE',
  ],
  ['too many fields', 'h2', http2Fields(times(20, line('x', ''))), 'HEADERS_TOO_LARGE'],
  [
    'content that hardly comes',
    'h2',
    Buffer.concat([frame(headers, endHeaders, 1, postRequest), frame(data, 0, 1, Buffer.from('x'))]),
    'REQUEST_TIMEOUT',
  ],
])('%s over %s is refused, and nobody else’s', async (_name, protocol, octets, code) => {
  const edge = await start()
  const isServed = await startBystander(edge)
  const refused = (): unknown[] => edge.lines.filter((one) => one['code'] === code)
  const attack = async (): Promise<void> => {
    await Promise.all(Array.from({ length: 8 }, () => open(edge, protocol, octets)))
    await expect.poll(() => refused().length).toBeGreaterThanOrEqual(8)
  }
  expect(await isServedDuring(attack(), isServed)).toBe(true)
})

it.each<[name: string, protocol: string, octets: Buffer]>([
  ['a head that never ends (Slowloris)', 'h2', frame(headers, endStream, 1, getRequest)],
  ['no request at all', 'h1', Buffer.alloc(0)],
  ['no request at all', 'h2', Buffer.alloc(0)],
  ['no second request', 'h1', get('X: a')],
  ['no second request', 'h2', http2Fields()],
])('%s over %s costs a client its connection in time, and nobody else anything', async (_name, protocol, octets) => {
  const edge = await start()
  const isServed = await startBystander(edge)
  const sockets = await Promise.all(Array.from({ length: 8 }, () => open(edge, protocol, octets)))
  expect(await isServedDuring(Promise.all(sockets.map(closed)), isServed)).toBe(true)
})

it('more streams than one connection may have are refused, and nobody else’s', async () => {
  const edge = await start()
  const isServed = await startBystander(edge)
  const held = streams(20, (id) => frame(headers, endHeaders, id, postRequest))
  const attacker = await attackHttp2(edge, held)
  let received = Buffer.alloc(0)
  attacker.on('data', (octets: Buffer) => (received = Buffer.concat([received, octets])))
  /** Streams refused with REFUSED_STREAM (RFC 9113 §7). */
  const refused = (): number =>
    Array.from({ length: 20 }, (_, at) => frame(reset, 0, 2 * at + 1, Buffer.from([0, 0, 0, 7]))).filter((one) =>
      received.includes(one),
    ).length
  const attack = async (): Promise<void> => expect.poll(refused).toBe(16)
  expect(await isServedDuring(attack(), isServed)).toBe(true)
})

it('a full house makes room for new clients by those who have been idle longest', async () => {
  const edge = await start({ maxConnections: 6 }, {})
  const sockets: TLSSocket[] = []
  const attack = async (): Promise<void> => {
    for (let n = 0; n < 30; n++) sockets.push((await connectRaw(edge)).resume())
  }
  // On new connections only: an old one may be the longest idle.
  const isServed = async (): Promise<boolean> => (await ask(edge, '/')).status === 200
  expect(await isServedDuring(attack(), isServed)).toBe(true)
  await expect.poll(() => sockets.filter(({ destroyed }) => destroyed).length).toBeGreaterThanOrEqual(24)
})
