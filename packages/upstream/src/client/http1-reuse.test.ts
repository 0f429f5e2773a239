import { Readable } from 'node:stream'
import { Fields } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { contentOf, startScriptedOrigin, testClient, testRequest, testTransport } from './testing.ts'

const answer = (fields = ''): string => `HTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`
const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

const headOf = (bytes: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`

/** As long as one read takes, so that what stands behind it comes with the next read. */
const oneRead = (): string => {
  const readBytes = 64 * 1024
  const bytes = readBytes - headOf(readBytes).length
  return headOf(bytes) + 'x'.repeat(bytes)
}

describe('an idle connection', () => {
  it.each([
    ['timeout=5', 4000],
    ['max=100, Timeout=5', 4000],
    ['timeout=1', 500],
    ['timeout=3600', 60_000],
    ['max=100', 60_000],
    ['timeout=soon', 60_000],
  ])('behind Keep-Alive: %s is used for %i ms', async (keepAlive, usableMs) => {
    const { origin, accept } = await startScriptedOrigin()
    const transport = testTransport(origin, { idleTimeoutMs: 60_000 })
    const first = transport.send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    peer.send(answer(`Keep-Alive: ${keepAlive}\r\n`))
    await first
    transport.pass(usableMs - 1)
    expect(transport.stats.idle).toBe(1)
    transport.pass(1)
    expect(transport.stats).toMatchObject({ open: 0, idle: 0 })
    await peer.closed
  })

  it('that nobody has looked at in time is not used either', async () => {
    const { origin, accept, connections } = await startScriptedOrigin()
    const transport = testTransport(origin)
    const first = transport.send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    peer.send(answer('Keep-Alive: timeout=5\r\n'))
    await first
    transport.passUnseen(4000)
    const second = transport.send(testRequest(), testClient())
    const fresh = await accept()
    await fresh.read()
    fresh.send(answer())
    expect(await contentOf(await second)).toBe('ok')
    expect(connections()).toBe(2)
    await peer.closed
  })

  it('that is promised no time is closed at once', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const transport = testTransport(origin)
    const first = transport.send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    peer.send(answer('Keep-Alive: timeout=0\r\n'))
    await first
    expect(transport.stats.open).toBe(0)
    await peer.closed
  })
})

describe('a response that nobody asked for', () => {
  it.each([
    ['in the same read', () => answer() + poison, 0],
    ['in the next read', () => oneRead() + poison, 0],
    ['at once, by itself', answer, 0],
    ['a turn later', answer, 1],
    ['two turns later', answer, 2],
  ])('%s answers no request that waits for the connection', async (_when, first, turns) => {
    const { origin, accept } = await startScriptedOrigin()
    const transport = testTransport(origin, { maxConnections: 1 })
    const asked = transport.send(testRequest({ target: '/1' }), testClient())
    const waiting = transport.send(testRequest({ target: '/2' }), testClient())
    const peer = await accept()
    await peer.read()
    peer.send(first())
    for (let i = 0; i < turns; i++) await turn()
    peer.send(poison)
    const fresh = await accept()
    expect(await fresh.read()).toContain('GET /2 ')
    fresh.send(answer())
    expect(await contentOf(await waiting)).toBe('ok')
    expect(await contentOf(await asked)).toMatch(/^(ok|x+)$/)
    await peer.closed
    expect(transport.stats).toMatchObject({ connects: 2, inFlight: 0 })
  })

  it.each([
    ['', undefined],
    [' with content', () => Readable.from([Buffer.from('abc')])],
  ])('before the request%s was written is none', async (_what, body) => {
    const { origin, accept } = await startScriptedOrigin((peer) => peer.socket.pause())
    const transport = testTransport(origin)
    // More than the kernel takes as long as nobody reads.
    const fields = Fields.of({ a: 'x'.repeat(24 * 1024 * 1024) })
    const response = transport.send(testRequest({ fields, body: body?.() }), testClient())
    const peer = await accept()
    peer.send(answer())
    await expect(response).rejects.toMatchObject({ code: 'UPSTREAM_INVALID', details: { sent: true } })
    expect(transport.stats.open).toBe(0)
  })
})

it('a request that finds only connections given back just now waits for one of them', async () => {
  const { origin, accept, connections } = await startScriptedOrigin()
  const transport = testTransport(origin)
  const first = transport.send(testRequest(), testClient())
  const peer = await accept()
  await peer.read()
  peer.send(answer())
  await first
  expect(transport.stats).toMatchObject({ open: 1, idle: 1 })
  const second = transport.send(testRequest(), testClient())
  expect(transport.stats).toMatchObject({ open: 1, waiting: 1 })
  await peer.read()
  peer.send(answer())
  expect(await contentOf(await second)).toBe('ok')
  expect(connections()).toBe(1)
  expect(transport.stats).toMatchObject({ connects: 1, reuses: 1 })
})
