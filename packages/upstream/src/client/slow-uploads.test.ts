/** Clients that send their content slowly, among others: what they may hold of a next hop. */
import { once } from 'node:events'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { Fields } from '@roundtrip/http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { contentOf, startScriptedOrigin, testClient, testRequest, testTransport, type Peer } from './testing.ts'
import type { Transport } from './transport.ts'
import type { TransportOptions } from './transport-options.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** Answers each request once it has come whole. */
const answerAll = async (peer: Peer): Promise<void> => {
  for (;;) {
    const head = await peer.read()
    if (head.includes('content-length')) await peer.read('end')
    peer.send(ok)
  }
}

const http1 = async (overrides: Partial<TransportOptions>) => {
  const { origin, connections } = await startScriptedOrigin((peer) => void answerAll(peer))
  return { transport: testTransport(origin, overrides), connections }
}

const http2 = async (overrides: Partial<TransportOptions>) => {
  const server = createServer({ settings: { maxConcurrentStreams: 4 } })
  let sessions = 0
  server.on('session', (session) => {
    sessions++
    onTestFinished(() => session.destroy())
  })
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined)
    stream.resume().once('end', () => {
      if (stream.destroyed) return
      stream.respond({ ':status': 200 })
      stream.end('ok')
    })
  })
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const transport = testTransport(origin, { ...overrides, protocol: 'http2', maxConnections: 1 })
  return { transport, connections: () => sessions }
}

/** Four exchanges at once, and four that wait. */
const limits = { maxConnections: 4, maxWaiting: 4 }

const get = async (transport: Transport): Promise<string> =>
  contentOf(await transport.send(testRequest(), testClient()))

/** Six octets of content are announced, of which these have come. */
const post = (transport: Transport, content: string) => {
  const body = new PassThrough()
  body.write(content)
  const fields = Fields.of({ 'content-length': 6 })
  const answer = transport.send(testRequest({ method: 'POST', fields, body }), testClient()).then(contentOf)
  // Of one whose answer the test does not look at.
  answer.catch(() => undefined)
  return { body, answer }
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
}

describe.each([
  ['HTTP/1.1', http1],
  ['HTTP/2', http2],
])('content that trickles in, over %s', (_protocol, start) => {
  it('holds half of what there is, waits in half of the places, and stands in nobody’s way', async () => {
    const { transport } = await start(limits)
    await get(transport)
    const slow = Array.from({ length: 10 }, () => post(transport, 'sl'))
    const outcomes = slow.map(({ answer }) => answer.catch(({ code }: { code: string }) => code))
    expect(await Promise.all(outcomes.slice(4))).toEqual(Array.from({ length: 6 }, () => 'UPSTREAM_OVERLOADED'))
    await turns()
    expect(transport.stats).toMatchObject({ inFlight: 4, waiting: 2 })
    for (let round = 0; round < 5; round++)
      expect(await Promise.all([get(transport), get(transport)])).toEqual(['ok', 'ok'])
    expect(await post(transport, 'in end').answer).toBe('ok')
    expect(transport.stats).toMatchObject({ inFlight: 4, waiting: 2 })
  })

  it('makes room for those who wait when it has come, or when theirs has', async () => {
    const { transport } = await start(limits)
    await get(transport)
    const [first, , third, fourth] = [1, 2, 3, 4].map(() => post(transport, 'in '))
    await turns()
    fourth?.body.write('end')
    transport.pass(100)
    expect(await fourth?.answer).toBe('ok')
    expect(transport.stats).toMatchObject({ inFlight: 3, waiting: 1 })
    first?.body.write('end')
    expect(await first?.answer).toBe('ok')
    await turns()
    expect(transport.stats).toMatchObject({ inFlight: 2, waiting: 0 })
    third?.body.write('end')
    expect(await third?.answer).toBe('ok')
  })

  it('gives its place back when its client leaves', async () => {
    const { transport } = await start(limits)
    await get(transport)
    const slow = Array.from({ length: 4 }, () => post(transport, 'in '))
    await turns()
    for (const { body } of slow.slice(0, 2)) body.destroy()
    await Promise.allSettled(slow.slice(0, 2).map(({ answer }) => answer))
    await turns()
    expect(transport.stats).toMatchObject({ inFlight: 2, waiting: 0 })
  })

  it('and waits in vain says nothing about the next hop', async () => {
    const { transport } = await start(limits)
    await get(transport)
    const slow = Array.from({ length: 3 }, () => post(transport, 'sl'))
    await turns()
    transport.pass(4000)
    await expect(slow[2]?.answer).rejects.toMatchObject({ code: 'UPSTREAM_OVERLOADED', details: { sent: false } })
  })

  it('is bounded in all', async () => {
    const { transport } = await start({ ...limits, maxUploads: 3 })
    await get(transport)
    const slow = Array.from({ length: 4 }, () => post(transport, 'sl'))
    await expect(slow[3]?.answer).rejects.toMatchObject({ code: 'UPSTREAM_OVERLOADED' })
    await turns()
    expect(transport.stats).toMatchObject({ inFlight: 3, waiting: 1 })
  })
})

it('content that trickles in holds half of the connections that are made for one request each', async () => {
  const { transport, connections } = await http1({ ...limits, proxyProtocol: 'v1' })
  for (let n = 0; n < 4; n++) post(transport, 'sl')
  for (let round = 0; round < 3; round++) expect(await get(transport)).toBe('ok')
  expect(transport.stats).toMatchObject({ inFlight: 4, waiting: 2 })
  expect(connections()).toBe(5)
})
