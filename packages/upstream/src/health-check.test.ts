import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTransport } from './client/create-transport.ts'
import type { TransportOptions } from './client/transport-options.ts'
import { httpCheck, startHealthChecks, type HttpCheckOptions } from './health-check.ts'
import type { CheckResult } from './health-state.ts'
import { startClosedOrigin, startOrigin, startRawOrigin } from './testing.ts'

const start = (random: number) => {
  const scheduled: { task: () => void; delayMs: number }[] = []
  const results: CheckResult[] = []
  let next = Promise.withResolvers<void>()
  const stop = startHealthChecks({
    check: async () => ({ ok: true }),
    onResult: (result) => void results.push(result),
    intervalMs: () => 1000,
    random: () => random,
    schedule: (task, delayMs) => {
      scheduled.push({ task, delayMs })
      next.resolve()
      next = Promise.withResolvers()
      return () => void scheduled.pop()
    },
  })
  return { scheduled, results, stop, settled: () => next.promise }
}

const timeouts = { connectTimeoutMs: 2000, firstByteTimeoutMs: 2000, bodyTimeoutMs: 2000, queueTimeoutMs: 2000 }

const ask = (origin: string, options: HttpCheckOptions, others: Partial<TransportOptions> = {}) =>
  httpCheck(origin, options, () => createTransport({ origin, timeouts, ...others }))()

const check = (origin: string, timeoutMs = 2000) => ask(origin, { path: '/health/web', timeoutMs })

describe('startHealthChecks', () => {
  it('checks at once and then an interval after each result, jittered by a tenth', async () => {
    const { scheduled, results, settled } = start(1)
    await settled()
    expect(results).toEqual([{ ok: true }])
    expect(scheduled[0]?.delayMs).toBe(1100)
    const again = settled()
    scheduled[0]?.task()
    await again
    expect(results).toHaveLength(2)
    const low = start(0)
    await low.settled()
    expect(low.scheduled[0]?.delayMs).toBe(900)
  })

  it('stops: what is scheduled is called off, what is under way is dropped', async () => {
    const running = start(0.5)
    await running.settled()
    running.stop()
    expect(running.scheduled).toEqual([])
    const early = start(0.5)
    early.stop()
    await new Promise(setImmediate)
    expect(early.results).toEqual([])
  })
})

describe('httpCheck', () => {
  it('passes on 2xx only, on a connection of its own', async () => {
    const ports = new Set<number | undefined>()
    const origin = await startOrigin((request, response) => {
      ports.add(request.socket.remotePort)
      response.writeHead(request.url === '/health/web' ? 204 : 503).end()
    })
    expect(await check(origin)).toEqual({ ok: true })
    expect(await ask(origin, { path: '/', timeoutMs: 2000 })).toEqual({
      ok: false,
      reason: 'health check answered 503',
      isAnswered: true,
    })
    expect(ports.size).toBe(2)
  })

  it('fails when nobody listens, or nobody answers in time', async () => {
    const origin = await startOrigin(() => {})
    expect(await check(origin, 20)).toEqual({ ok: false, reason: 'health check took longer than 20 ms' })
    expect(await check(await startClosedOrigin())).toMatchObject({
      ok: false,
      reason: expect.stringContaining('ECONNREFUSED'),
    })
  })

  it('fails on what is not HTTP', async () => {
    const origin = await startRawOrigin((socket) => socket.end('220 smtp ready\r\n'))
    expect(await check(origin)).toMatchObject({ ok: false })
  })
})

describe('what a check asks and expects', () => {
  it('is as settings say: host, statuses, and how often while a member is out', async () => {
    const hosts: (string | undefined)[] = []
    const origin = await startOrigin((request, response) => {
      hosts.push(request.headers.host)
      response.writeHead(418).end()
    })
    const options = { path: '/', timeoutMs: 2000, host: 'app.roundtrip.test', expectedStatuses: [204, 418] }
    expect(await ask(origin, options)).toEqual({ ok: true })
    expect(hosts).toEqual(['app.roundtrip.test'])
    expect(await ask(origin, { ...options, expectedStatuses: [200] })).toMatchObject({
      ok: false,
    })
  })
  it('goes as requests go: with the PROXY header, nobody standing behind it, and over HTTP/2', async () => {
    const first = Promise.withResolvers<string>()
    const proxied = await startRawOrigin((socket, octets) => {
      first.resolve(octets.toString('latin1').split('\r\n', 1)[0] ?? '')
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
    expect(await ask(proxied, { path: '/', timeoutMs: 2000 }, { proxyProtocol: 'v1' })).toEqual({ ok: true })
    expect(await first.promise).toBe('PROXY UNKNOWN')
    const server = createServer((_request, response) => response.end('fine'))
    onTestFinished(() => void server.close())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await ask(origin, { path: '/', timeoutMs: 2000 }, { protocol: 'http2' })).toEqual({ ok: true })
    expect(await ask(origin, { path: '/', timeoutMs: 2000 })).toMatchObject({ ok: false })
  })
})
