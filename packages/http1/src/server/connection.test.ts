import { once } from 'node:events'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Fields, type HttpHandler } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { connectRaw, exchangeRaw, readAll, serveForTest, testResponse, until } from '../testing.ts'

const answering: HttpHandler = async () => testResponse()
const head = 'Host: a\r\nConnection: close\r\n'

describe('a client that goes away', () => {
  it('before the response: the signal tells, and nothing is sent', async () => {
    const arrived = Promise.withResolvers<void>()
    const body = new Readable({ read: () => undefined })
    let reason: unknown
    const served = await serveForTest(async (_request, { signal }) => {
      arrived.resolve()
      await once(signal, 'abort')
      reason = signal.reason
      return testResponse({ body })
    })
    const socket = await connectRaw(served)
    socket.write(`GET / HTTP/1.1\r\n${head}\r\n`)
    await arrived.promise
    socket.destroy()
    expect(await served.delivery).toEqual({ outcome: 'aborted', bodyBytes: 0 })
    expect(reason).toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
    await until(() => body.destroyed)
  })

  it('during the response: its body is let go', async () => {
    const body = new Readable({ read: () => undefined })
    body.push('abc')
    let gone: AbortSignal | undefined
    const served = await serveForTest(async (_request, { signal }) => {
      gone = signal
      return testResponse({ body })
    })
    const socket = await connectRaw(served)
    socket.write(`GET / HTTP/1.1\r\n${head}\r\n`)
    await once(socket, 'data')
    socket.destroy()
    expect(await served.delivery).toEqual({ outcome: 'aborted', bodyBytes: 3 })
    expect(gone?.aborted).toBe(true)
    expect(body.destroyed).toBe(true)
  })

  it('in the middle of an upload: it ends with an error', async () => {
    const failure = Promise.withResolvers<unknown>()
    const served = await serveForTest(async ({ body }) => {
      if (body !== undefined) await text(body).catch(failure.resolve)
      return testResponse()
    })
    const socket = await connectRaw(served)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf')
    await until(() => served.server.stats().requests === 1)
    socket.destroy()
    expect(await failure.promise).toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
    expect(await served.delivery).toEqual({ outcome: 'aborted', bodyBytes: 0 })
  })

  it('is not what a complete response looks like', async () => {
    let gone: AbortSignal | undefined
    const served = await serveForTest(async (_request, { signal }) => {
      gone = signal
      return testResponse()
    })
    await exchangeRaw(served, `GET / HTTP/1.1\r\n${head}\r\n`)
    expect(await served.delivery).toEqual({ outcome: 'complete', bodyBytes: 2 })
    expect(gone?.aborted).toBe(false)
  })

  it('is not one that ends its side and waits for an answer at hand', async () => {
    const served = await serveForTest(async () => testResponse({ body: Buffer.alloc(20_000_000) }))
    const socket = await connectRaw(served)
    socket.end(`GET / HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect((await readAll(socket)).length).toBeGreaterThan(20_000_000)
    expect(await served.delivery).toMatchObject({ outcome: 'complete' })
  })
})

describe('a connection', () => {
  it('carries one request after the other, pipelined or not, answered in order', async () => {
    const served = await serveForTest(async ({ target, body }) =>
      testResponse({ body: `${target}${body === undefined ? '' : await text(body)}` }),
    )
    const octets =
      'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\r\n' +
      `POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ndef\r\n0\r\n\r\nGET /4 HTTP/1.1\r\n${head}\r\n`
    const response = await exchangeRaw(served, octets)
    expect([...response.matchAll(/\r\n\r\n(\/\d[a-z]*)/g)].map(([, body]) => body)).toEqual([
      '/1',
      '/2abc',
      '/3def',
      '/4',
    ])
    const socket = await connectRaw(served)
    for (const octet of octets) socket.write(octet)
    expect((await readAll(socket)).replaceAll(/date: .*/g, '')).toBe(response.replaceAll(/date: .*/g, ''))
    expect(served.connections.map(({ requests }) => requests)).toEqual([4, 4])
  })

  it('answers thousands of requests sent ahead by a handler that never waits', async () => {
    const served = await serveForTest(() => testResponse())
    const ask = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
    const response = await exchangeRaw(served, `${ask.repeat(4999)}GET / HTTP/1.1\r\n${head}\r\n`)
    expect(response.match(/HTTP\/1\.1 200 /g)).toHaveLength(5000)
  })

  it('reads no further than a bound while a request is in hand', async () => {
    const answer = Promise.withResolvers<void>()
    const served = await serveForTest(async () => {
      await answer.promise
      return testResponse()
    })
    const socket = await connectRaw(served)
    const request = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(1000)}\r\n\r\n`
    const count = 20_000
    socket.resume()
    const isSent = Promise.withResolvers<void>()
    socket.write(request.repeat(count), () => isSent.resolve())
    await until(() => served.server.stats().requests === 1)
    for (let turn = 0; turn < 1000; turn++) await new Promise(setImmediate)
    expect(socket.writableLength).toBeGreaterThan(0)
    expect(served.server.stats().requests).toBe(1)
    answer.resolve()
    await isSent.promise
    await until(() => served.deliveries.length === count)
  })

  it('answers nobody faster than it reads', async () => {
    const served = await serveForTest(async () => testResponse({ body: Buffer.alloc(30_000) }))
    const socket = await connectRaw(served)
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1500))
    await until(() => served.server.stats().requests > 1)
    for (let turn = 0; turn < 2000; turn++) await new Promise(setImmediate)
    expect(served.server.stats().requests).toBeLessThan(1500)
    socket.resume()
    await until(() => served.deliveries.length === 1500)
  })

  it('answers nobody faster than it reads, though its requests come one by one', async () => {
    const served = await serveForTest(async () => testResponse({ body: Buffer.alloc(30_000) }))
    const socket = await connectRaw(served)
    socket.pause()
    let sent = 0
    // Until the requests stay unanswered: the buffers between us are full.
    for (let answered = -1; answered < served.server.stats().requests;) {
      answered = served.server.stats().requests
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      sent++
      for (let turn = 0; turn < 30 && served.server.stats().requests === answered; turn++) {
        await new Promise(setImmediate)
      }
      if (sent > 5000) break
    }
    expect(sent).toBeLessThan(5000)
    socket.destroy()
    await until(() => served.deliveries.length === served.server.stats().requests)
    expect(served.deliveries.at(-1)).toEqual({ outcome: 'aborted', bodyBytes: 30_000 })
    expect(served.deliveries[0]).toEqual({ outcome: 'complete', bodyBytes: 30_000 })
  })

  it('closes when the client asks for it, or the handler, or when it is HTTP/1.0 and nobody asks for more', async () => {
    const served = await serveForTest(async ({ target }) =>
      testResponse({ fields: Fields.of({ connection: target === '/last' ? 'Close' : undefined }) }),
    )
    const second = 'GET /last HTTP/1.1\r\nHost: a\r\n\r\n'
    for (const octets of [
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n`,
      'GET / HTTP/1.0\r\nHost: a\r\n\r\n',
      second,
    ]) {
      const response = await exchangeRaw(served, `${octets}${second}`)
      expect(response.match(/HTTP\/1\.1 200/g)).toHaveLength(1)
      expect(response).toContain('\r\nconnection: close\r\n')
    }
    const kept = await exchangeRaw(served, `GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n${second}`)
    expect(kept.match(/connection: [a-z-]+/g)).toEqual(['connection: keep-alive', 'connection: close'])
  })

  it('closes after so many requests', async () => {
    const served = await serveForTest(answering, { limits: { maxRequestsPerConnection: 2 } })
    const response = await exchangeRaw(served, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3))
    expect(response.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
  })
})

describe('draining', () => {
  it('closes what is idle, and finishes what is in hand with the word that it is the last', async () => {
    const answer = Promise.withResolvers<void>()
    const served = await serveForTest(async () => {
      await answer.promise
      return testResponse()
    })
    const idle = await connectRaw(served)
    const busy = await connectRaw(served)
    busy.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => served.server.stats().requests === 1 && served.connections.length === 2)
    expect(served.connections.reduce((sum, { inFlight }) => sum + inFlight, 0)).toBe(1)
    for (const connection of served.connections) connection.drain()
    expect(await readAll(idle)).toBe('')
    answer.resolve()
    expect(await readAll(busy)).toMatch(/^HTTP\/1\.1 200 [^]*connection: close/)
    await Promise.all(served.connections.map(({ closed }) => closed))
    expect(served.server.stats().connections).toBe(0)
  })

  it('lets a request whose head has begun to arrive come to its end', async () => {
    const served = await serveForTest(answering)
    const socket = await connectRaw(served)
    socket.write('GET / HTTP/1.1\r\nHo')
    await until(() => served.connections.length === 1)
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
    served.connections[0]?.drain()
    socket.write('st: a\r\n\r\n')
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 [^]*connection: close/)
  })
})
