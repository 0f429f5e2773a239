import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  ask,
  askHttp2,
  connectRaw,
  connectSession,
  host,
  startOrigin,
  startTestEdge,
  type TestEdge,
} from './testing/test-edge.ts'

/** An edge with a next hop that answers when the test says so. */
const start = async (): Promise<{ edge: TestEdge; arrival: () => Promise<ServerResponse> }> => {
  const waiting: ((response: ServerResponse) => void)[] = []
  const arrived: ServerResponse[] = []
  const origin = await startOrigin((_request, response) => {
    const take = waiting.shift()
    if (take === undefined) arrived.push(response)
    else take(response)
  })
  const arrival = async (): Promise<ServerResponse> => {
    const there = arrived.shift()
    return there ?? new Promise((resolve) => void waiting.push(resolve))
  }
  return { edge: await startTestEdge([origin]), arrival }
}

describe('draining', () => {
  it('finishes what is in flight over HTTP/1.1, says close, and takes no new connection', async () => {
    const { edge, arrival } = await start()
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    const reply = ask(edge, '/', { agent })
    const upstream = await arrival()
    const drained = edge.component.drain()
    await expect(ask(edge, '/')).rejects.toThrow('ECONNREFUSED')
    upstream.end('finished')
    expect(await reply).toMatchObject({ status: 200, text: 'finished', headers: { connection: 'close' } })
    await drained
  })

  it('ends a connection whose response head was already sent, after its last octet', async () => {
    const { edge, arrival } = await start()
    const socket = await connectRaw(edge)
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    const upstream = await arrival()
    upstream.write('begun ')
    await once(socket, 'readable')
    const all = text(socket)
    const drained = edge.component.drain()
    upstream.end('finished')
    expect(await all).toMatch(/begun [^]*finished/)
    await drained
  })

  it('says GOAWAY over HTTP/2 and finishes the streams', async () => {
    const { edge, arrival } = await start()
    const session = connectSession(edge)
    const reply = askHttp2(session, { ':path': '/' })
    const upstream = await arrival()
    const goaway = once(session, 'goaway')
    const drained = edge.component.drain()
    await goaway
    upstream.end('finished')
    expect(await reply).toMatchObject({ status: 200, text: 'finished' })
    await drained
  })

  it('waits for nobody who is idle: kept alive, silent, or in the middle of a handshake', async () => {
    const { edge, arrival } = await start()
    const silent = await connectRaw(edge)
    const kept = await connectRaw(edge)
    kept.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    void arrival().then((response) => response.end('ok'))
    await once(kept, 'data')
    const session = connectSession(edge)
    await once(session, 'connect')
    const handshake = connectTcp(edge.httpsPort, '127.0.0.1')
    handshake.on('error', () => undefined)
    await once(handshake, 'connect')
    const closed = [silent, kept, session, handshake].map(async (connection) => {
      if ('resume' in connection) connection.resume()
      // Not `once`, which a reset would make reject: that is one of the ways to be closed.
      await new Promise((resolve) => void connection.once('close', resolve))
      return 'closed'
    })
    await edge.component.drain()
    expect(await Promise.all(closed)).toEqual(['closed', 'closed', 'closed', 'closed'])
  })
})

describe('a client that goes away', () => {
  it('calls the work of the next hop off, over both protocols, before and after the head', async () => {
    for (const protocol of ['http1', 'http2']) {
      for (const withHead of [false, true]) {
        const { edge, arrival } = await start()
        const leave = protocol === 'http1' ? await sendAndLeave(edge) : sendAndReset(edge)
        const upstream = await arrival()
        if (withHead) upstream.write('part')
        const calledOff = once(upstream, 'close')
        leave()
        await calledOff
        await expect.poll(() => edge.lines).toContainEqual(expect.objectContaining({ status: 499, outcome: 'aborted' }))
        expect(edge.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([])
      }
    }
  })

  it('in the middle of an upload ends the upload', async () => {
    const cutShort = Promise.withResolvers<unknown>()
    const begun = Promise.withResolvers<IncomingMessage>()
    const origin = await startOrigin((request) => {
      request.once('data', () => begun.resolve(request))
      request.once('error', cutShort.resolve)
    })
    const edge = await startTestEdge([origin])
    const socket = await connectRaw(edge)
    socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\nhalf`)
    await begun.promise
    socket.destroy()
    expect(await cutShort.promise).toMatchObject({ code: 'ECONNRESET' })
    await expect.poll(() => edge.lines).toContainEqual(expect.objectContaining({ status: 499 }))
  })
})

const sendAndLeave = async (edge: TestEdge): Promise<() => void> => {
  const socket = await connectRaw(edge)
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  return () => void socket.destroy()
}

const sendAndReset = (edge: TestEdge): (() => void) => {
  const stream = connectSession(edge).request({ ':authority': host, ':path': '/' })
  stream.on('error', () => undefined)
  return () => stream.close(8)
}

const countOf = async (octets: AsyncIterable<Buffer>): Promise<number> => {
  let count = 0
  for await (const chunk of octets) count += chunk.byteLength
  return count
}

const startDownload1 = async (edge: TestEdge): Promise<() => Promise<number>> => {
  const socket = await connectRaw(edge)
  socket.pause()
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  return () => countOf(socket)
}

const startDownload2 = async (edge: TestEdge): Promise<() => Promise<number>> => {
  const stream = connectSession(edge).request({ ':authority': host, ':path': '/' })
  await once(stream, 'response')
  return () => countOf(stream)
}

/** Lets the event loop turn, in which everything here lives, until a number has stopped growing. */
const settled = async (number: () => number): Promise<number> => {
  for (;;) {
    const before = number()
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
    if (before > 0 && before === number()) return before
  }
}

describe('a slow client', () => {
  it.each([
    ['HTTP/1.1', startDownload1],
    ['HTTP/2', startDownload2],
  ])('holds the next hop back: %s', async (_protocol, startDownload) => {
    const chunk = Buffer.alloc(64 * 1024)
    const total = 64 * 1024 * 1024
    let sent = 0
    const origin = await startOrigin((_request, response) => {
      const send = (): void => {
        while (sent < total) {
          sent += chunk.byteLength
          if (!response.write(chunk)) {
            response.once('drain', send)
            return
          }
        }
        response.end()
      }
      send()
    })
    const download = await startDownload(await startTestEdge([origin]))
    expect(await settled(() => sent)).toBeLessThan(total)
    expect(await download()).toBeGreaterThanOrEqual(total)
  })
})
