import { once } from 'node:events'
import type { ClientHttp2Stream } from 'node:http2'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startClosedOrigin, startRawOrigin } from './testing/next-hops.ts'
import {
  connectRaw,
  connectSession,
  host,
  settingsFile,
  startOrigin,
  startTestEdge,
  type TestEdge,
} from './testing/test-edge.ts'

/** Wants content at a rate that nobody sends it at who has fallen silent. */
const impatient = { bodyGraceMs: 1, minBodyBytesPerSecond: 1_000_000 }

const start = async (): Promise<TestEdge> =>
  startTestEdge([await startRawOrigin(() => undefined)], {
    EDGE_SETTINGS_FILE: settingsFile({ limits: { http1: impatient, http2: impatient } }),
  })

describe('a client that falls silent in the middle of its upload', () => {
  it('loses its connection over HTTP/1.1', async () => {
    const edge = await start()
    const socket = await connectRaw(edge)
    socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\nhalf`)
    socket.resume()
    await once(socket, 'close')
    await expect
      .poll(() => edge.lines)
      .toContainEqual(
        expect.objectContaining({ message: 'POST / 408', status: 408, code: 'REQUEST_TIMEOUT', outcome: 'refused' }),
      )
  })

  it('loses its stream over HTTP/2, and nothing else', async () => {
    const edge = await start()
    const session = connectSession(edge)
    const stalled: ClientHttp2Stream = session.request({ ':method': 'POST', ':authority': host })
    stalled.on('error', () => undefined).resume()
    stalled.write('half')
    const [head] = (await once(stalled, 'response')) as [{ ':status'?: number }]
    expect(head[':status']).toBe(408)
    await once(stalled, 'close')
    expect([stalled.rstCode, session.destroyed]).toEqual([0, false])
  })
})

describe('what a client is told about its limits', () => {
  it('is how many streams it may open, and that nothing is pushed', async () => {
    const session = connectSession(await startTestEdge([await startClosedOrigin()]))
    const [settings] = (await once(session, 'remoteSettings')) as [object]
    expect(settings).toMatchObject({ maxConcurrentStreams: 128, maxHeaderListSize: 16_384 })
  })
})

describe('a TLS session', () => {
  it('is resumed by its ticket', async () => {
    const edge = await startTestEdge([await startOrigin((_request, response) => response.end('ok'))])
    const first = await connectRaw(edge)
    const [session] = (await once(first, 'session')) as [Buffer]
    const second = await connectRaw(edge, { session })
    expect([first.isSessionReused(), second.isSessionReused()]).toEqual([false, true])
  })
})

describe('a port that is taken', () => {
  it('stops the start', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    for (const name of ['EDGE_HTTPS_PORT', 'EDGE_HTTP_PORT']) {
      const starting = startTestEdge(['http://127.0.0.1:1'], { [name]: String(port) })
      await expect(starting).rejects.toMatchObject({ code: 'EADDRINUSE', port })
    }
  })
})
