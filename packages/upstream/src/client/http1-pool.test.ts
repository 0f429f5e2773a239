import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { wasClosedWhileIdle } from '../upstream-error.ts'
import { contentOf, startScriptedOrigin, testClient, testRequest, testTransport, type Peer } from './testing.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

const answerAll = async (peer: Peer): Promise<void> => {
  for (;;) {
    await peer.read()
    peer.send(ok)
  }
}

describe('connections', () => {
  it('are kept, and the one used last is used first', async () => {
    const { origin, accept, connections } = await startScriptedOrigin()
    const transport = testTransport(origin)
    const both = [
      transport.send(testRequest({ target: '/1' }), testClient()),
      transport.send(testRequest({ target: '/2' }), testClient()),
    ]
    const [a, b] = [await accept(), await accept()]
    await a.read()
    await b.read()
    b.send(ok)
    await Promise.race(both)
    a.send(ok)
    await Promise.all(both)
    expect(transport.stats).toMatchObject({ open: 2, idle: 2, connects: 2, reuses: 0, inFlight: 0 })
    // Their sockets are read once more before they may be used.
    for (let i = 0; i < 3; i++) await new Promise(setImmediate)
    const third = transport.send(testRequest({ target: '/3' }), testClient())
    expect(await a.read()).toContain('GET /3 ')
    a.send(ok)
    expect(await contentOf(await third)).toBe('ok')
    expect(transport.stats).toMatchObject({ open: 2, idle: 2, connects: 2, reuses: 1 })
    expect(connections()).toBe(2)
  })

  it('on which something arrives that nobody asked for are closed, so that it answers no other request', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const transport = testTransport(origin)
    const first = transport.send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    peer.send(ok)
    await first
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison')
    await peer.closed
    expect(transport.stats).toMatchObject({ open: 0, idle: 0 })
    const second = transport.send(testRequest(), testClient())
    const fresh = await accept()
    await fresh.read()
    fresh.send(ok)
    expect(await contentOf(await second)).toBe('ok')
  })

  it('are free once a response has arrived, though nobody has read all of it yet', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const transport = testTransport(origin)
    const first = transport.send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    // More than a stream takes before it asks for a pause: the last part does.
    const content = 'x'.repeat(70_000)
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n${content}`)
    const unread = await first
    while (transport.stats.idle === 0) await new Promise(setImmediate)
    const second = transport.send(testRequest(), testClient())
    await peer.read()
    peer.send(ok)
    expect(await contentOf(await second)).toBe('ok')
    expect(await contentOf(unread)).toBe(content)
    expect(transport.stats).toMatchObject({ idle: 1, connects: 1 })
  })

  it('that the next hop closes while idle are dropped', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const transport = testTransport(origin)
    const first = transport.send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    peer.send(ok)
    await first
    peer.socket.end()
    await peer.closed
    expect(transport.stats).toMatchObject({ open: 0, idle: 0 })
  })

  it('idle for too long are closed', async () => {
    const { origin, accept } = await startScriptedOrigin((peer) => void answerAll(peer))
    const transport = testTransport(origin, { idleTimeoutMs: 60_000 })
    await transport.send(testRequest(), testClient())
    const peer = await accept()
    transport.pass(59_999)
    expect(transport.stats.idle).toBe(1)
    transport.pass(1)
    expect(transport.stats).toMatchObject({ open: 0, idle: 0 })
    await peer.closed
  })

  it('kept ones that break before any answer say so: they may have been closed just then', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const transport = testTransport(origin)
    const first = transport.send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    peer.send(ok)
    await first
    const second = transport.send(testRequest(), testClient())
    await peer.read()
    peer.socket.resetAndDestroy()
    const error = await second.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'UPSTREAM_RESET', details: { sent: true, reused: true } })
    expect(wasClosedWhileIdle(error as never)).toBe(true)
  })

  it('that cannot be made fail one request each, untouched', async () => {
    const transport = testTransport('http://127.0.0.1:1')
    const body = Readable.from(['abc'])
    const answers = await Promise.allSettled([
      transport.send(testRequest({ method: 'POST', body }), testClient()),
      transport.send(testRequest(), testClient()),
    ])
    for (const { reason } of answers as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ code: 'UPSTREAM_UNREACHABLE', details: { member: '127.0.0.1:1', sent: false } })
    }
    expect(body.readableDidRead).toBe(false)
    expect(transport.stats).toMatchObject({ open: 0, inFlight: 0, waiting: 0 })
  })
})

describe('requests that find no connection', () => {
  it('wait for one, in their order, and are refused beyond a bound', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const transport = testTransport(origin, { maxConnections: 1, maxWaiting: 2 })
    const send = (target: string) => transport.send(testRequest({ target }), testClient())
    const first = send('/1')
    const peer = await accept()
    await peer.read()
    const [second, third] = [send('/2'), send('/3')]
    await expect(send('/4')).rejects.toMatchObject({
      code: 'UPSTREAM_OVERLOADED',
      status: 503,
      details: { sent: false },
    })
    expect(transport.stats).toMatchObject({ waiting: 2, inFlight: 3 })
    for (const [answer, next] of [
      [first, '/2'],
      [second, '/3'],
    ] as const) {
      peer.send(ok)
      await answer
      expect(await peer.read()).toContain(`GET ${next} `)
    }
    peer.send(ok)
    await third
    expect(transport.stats).toMatchObject({ open: 1, waiting: 0, inFlight: 0, connects: 1 })
  })

  it('wait no longer than they may', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const timeouts = { connectTimeoutMs: 100, firstByteTimeoutMs: 9000, bodyTimeoutMs: 3000, queueTimeoutMs: 4000 }
    const transport = testTransport(origin, { maxConnections: 1, timeouts })
    const first = transport.send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    const second = transport.send(testRequest(), testClient())
    transport.pass(3999)
    expect(transport.stats.waiting).toBe(1)
    transport.pass(1)
    await expect(second).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT', details: { sent: false } })
    peer.send(ok)
    await first
  })

  it('give up their place when their client leaves', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const transport = testTransport(origin, { maxConnections: 1 })
    const first = transport.send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    const client = testClient()
    const second = transport.send(testRequest(), client)
    client.leave()
    await expect(second).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
    expect(transport.stats).toMatchObject({ waiting: 0, inFlight: 1 })
    peer.send(ok)
    await first
  })
})

describe('drain', () => {
  it('closes what is idle, finishes what is in flight, and refuses what comes', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const transport = testTransport(origin)
    const first = transport.send(testRequest(), testClient())
    const second = transport.send(testRequest(), testClient())
    const [a, b] = [await accept(), await accept()]
    await a.read()
    a.send(ok)
    await first
    const drained = transport.drain()
    await a.closed
    await expect(transport.send(testRequest(), testClient())).rejects.toMatchObject({ details: { sent: false } })
    await b.read()
    b.send(ok)
    expect(await contentOf(await second)).toBe('ok')
    await drained
    await b.closed
    expect(transport.stats).toMatchObject({ open: 0, inFlight: 0 })
  })

  it('or destruction breaks off what is left', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const transport = testTransport(origin, { maxConnections: 1 })
    const both = [transport.send(testRequest(), testClient()), transport.send(testRequest(), testClient())]
    const peer = await accept()
    await peer.read()
    transport.destroy()
    for (const { status } of await Promise.allSettled(both)) expect(status).toBe('rejected')
    await peer.closed
    await transport.drain()
    expect(transport.stats).toMatchObject({ open: 0, waiting: 0, inFlight: 0 })
  })
})
