import { once } from 'node:events'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { HttpHandler } from '@roundtrip/http'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { connectRaw, exchangeRaw, readAll, serveForTest, testResponse, until, type Served } from '../testing.ts'
import { defaultHttp1Settings, http1Settings } from './limits.ts'

const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

const echoing: HttpHandler = async ({ body }) => testResponse({ body: body === undefined ? 'ok' : await text(body) })

/** Somebody else's connection, opened before the attack, on which a request must still be answered after it. */
const bystander = async (served: Served): Promise<() => Promise<void>> => {
  const socket = await connectRaw(served)
  const ask = async () => {
    socket.write(request)
    const [octets] = (await once(socket, 'data')) as [Buffer]
    expect(octets.toString()).toMatch(/^HTTP\/1\.1 200 [^]*ok$/)
  }
  await ask()
  return ask
}

const requestsOf = (served: Served) => served.server.stats().requests

describe('settings', () => {
  it('have the defaults that their schema names', () => {
    expect(Value.Default(http1Settings, {})).toEqual(defaultHttp1Settings)
    expect(Value.Check(http1Settings, { ...defaultHttp1Settings, lingerMs: 0 })).toBe(false)
  })
})

describe('a head that is too large', () => {
  it.each([
    ['a request line', `GET /${'a'.repeat(10_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    ['a request line without end', 'a'.repeat(100_000), 414],
    ['fields', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'b'.repeat(20_000)}\r\n\r\n`, 431],
    ['fields without end', `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(100_000)}`, 431],
    ['many fields', `GET / HTTP/1.1\r\nHost: a\r\n${'a: b\r\n'.repeat(100)}\r\n`, 431],
  ])('%s: refused, nobody else harmed', async (_what, octets, status) => {
    const served = await serveForTest(echoing)
    const ask = await bystander(served)
    expect(await exchangeRaw(served, octets)).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*"status":${status}`))
    await ask()
  })
})

describe('a head that drips (Slowloris)', () => {
  it('is refused when its time is over, however many drip at once, and nobody else harmed', async () => {
    const served = await serveForTest(echoing)
    const ask = await bystander(served)
    const drips = await Promise.all(Array.from({ length: 200 }, () => connectRaw(served)))
    const answers = drips.map(readAll)
    for (const socket of drips) socket.write('GET / HTTP/1.1\r\n')
    await until(() => served.server.stats().connections === 201)
    for (let second = 0; second < 9; second++) {
      for (const socket of drips) socket.write('X: y\r\n')
      await ask()
      served.elapse(1000)
    }
    expect(drips.filter(({ readyState }) => readyState !== 'open')).toHaveLength(0)
    served.elapse(1000)
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*"REQUEST_TIMEOUT"/)
    await ask()
    expect(served.server.stats().refused).toEqual({ REQUEST_TIMEOUT: 200 })
  })
})

describe('a connection without a request', () => {
  it('is closed after a while, whether it ever had one or not', async () => {
    const served = await serveForTest(echoing)
    const silent = await connectRaw(served)
    const ask = await bystander(served)
    const closed = readAll(silent)
    await until(() => served.connections.length === 2)
    served.elapse(59_000)
    await ask()
    served.elapse(1000)
    expect(await closed).toBe('')
    await ask()
    expect(served.log.lines).toEqual([])
  })

  it('that does not close its own side is closed for it', async () => {
    const served = await serveForTest(echoing)
    const socket = await connectRaw(served)
    socket.allowHalfOpen = true
    socket.resume()
    await until(() => served.connections.length === 1)
    served.elapse(60_000)
    await once(socket, 'end')
    served.elapse(5000)
    await served.connections[0]?.closed
    expect(served.server.stats().connections).toBe(0)
  })
})

describe('a body that drips (slow POST)', () => {
  it('is refused, and nobody else harmed', async () => {
    const served = await serveForTest(echoing)
    const ask = await bystander(served)
    const socket = await connectRaw(served)
    const answer = readAll(socket)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n')
    await until(() => requestsOf(served) === 2)
    for (let second = 0; second < 10; second++) {
      socket.write('x')
      await ask()
      served.elapse(1000)
    }
    expect(socket.readyState).toBe('open')
    served.elapse(1000)
    expect(await answer).toMatch(/^HTTP\/1\.1 408 [^]*"REQUEST_TIMEOUT"/)
    await ask()
  })

  it('is not one for which the handler keeps the client waiting', async () => {
    const goOn = Promise.withResolvers<void>()
    const served = await serveForTest(
      async (given, context) => {
        await goOn.promise
        return echoing(given, context)
      },
      { limits: { busyTimeoutMs: 1_000_000 } },
    )
    const socket = await connectRaw(served)
    const answer = readAll(socket)
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n`)
    const octets = Buffer.alloc(1_000_000, 'x')
    const isSent = Promise.withResolvers<void>()
    socket.write(octets, () => isSent.resolve())
    await until(() => requestsOf(served) === 1)
    for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate)
    served.elapse(600_000)
    goOn.resolve()
    await isSent.promise
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [^]*x$/)
  })

  it('is not waited for behind an answer either', async () => {
    const served = await serveForTest(async () => testResponse())
    const socket = await connectRaw(served)
    const answer = readAll(socket)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n')
    await until(() => served.deliveries.length === 1)
    served.elapse(11_000)
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [^]*ok$/)
  })
})

const whole = (): Buffer => Buffer.alloc(64 * 1024 * 1024)
const stream = (): Readable =>
  new Readable({
    read(bytes) {
      this.push(Buffer.alloc(bytes))
    },
  })

describe('a client that does not read', () => {
  it.each([
    ['memory', whole],
    ['a stream', stream],
  ])('loses its connection, and nobody else is harmed: %s', async (_kind, body) => {
    const served = await serveForTest(async ({ target }) =>
      target === '/' ? testResponse() : testResponse({ body: body() }),
    )
    const ask = await bystander(served)
    const socket = await connectRaw(served)
    socket.pause()
    socket.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => requestsOf(served) === 2)
    for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate)
    served.elapse(30_000)
    await ask()
    served.elapse(30_000)
    await ask()
    expect(served.server.stats().connections).toBe(2)
    served.elapse(1000)
    await served.connections[1]?.closed
    await ask()
    expect(served.server.stats()).toMatchObject({ connections: 1, stalled: 1 })
    expect(served.deliveries).toContainEqual(expect.objectContaining({ outcome: 'aborted' }))
  })
})

describe('silence while a request is in hand', () => {
  it('ends the connection', async () => {
    const served = await serveForTest(() => new Promise(() => undefined), { limits: { busyTimeoutMs: 5000 } })
    const socket = await connectRaw(served)
    socket.write(request)
    await until(() => requestsOf(served) === 1)
    served.elapse(5000)
    expect(served.deliveries).toEqual([])
    served.elapse(1000)
    expect(await readAll(socket)).toBe('')
    expect(await served.delivery).toEqual({ outcome: 'aborted', bodyBytes: 0 })
  })
})

describe('a request that takes long', () => {
  it('is not silent while octets come or go', async () => {
    const served = await serveForTest(echoing, { limits: { busyTimeoutMs: 5000, minBodyBytesPerSecond: 0 } })
    const socket = await connectRaw(served)
    const answer = readAll(socket)
    // Idle before: that silence is not the request's.
    await until(() => served.connections.length === 1)
    served.elapse(30_000)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 20\r\n\r\n')
    await until(() => requestsOf(served) === 1)
    const other = await bystander(served)
    for (let second = 0; second < 20; second++) {
      served.elapse(1000)
      socket.write('x')
      // Its answer comes after what was sent before it has been read.
      await other()
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [^]*x{20}$/)
  })
})

describe('the sweep', () => {
  it('runs only while somebody is connected', async () => {
    const running: string[] = []
    const served = await serveForTest(echoing, {
      schedule: (_run, intervalMs) => {
        running.push(`every ${intervalMs}`)
        return () => running.push('stop')
      },
    })
    expect(running).toEqual([])
    const other = await connectRaw(served)
    await until(() => served.connections.length === 1)
    await exchangeRaw(served, request.replace('Host', 'Connection: close\r\nHost'))
    await served.connections[1]?.closed
    expect(running).toEqual(['every 1000'])
    other.destroy()
    await served.connections[0]?.closed
    expect(running).toEqual(['every 1000', 'stop'])
  })
})
