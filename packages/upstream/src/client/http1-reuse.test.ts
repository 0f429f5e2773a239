import { describe, expect, it } from 'vitest'
import { contentOf, startScriptedOrigin, testClient, testRequest, testTransport } from './testing.ts'

const answer = (fields = ''): string => `HTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`

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
