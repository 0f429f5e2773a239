import { describe, expect, it } from 'vitest'
import { httpCheck, startHealthChecks } from './health-check.ts'
import type { CheckResult } from './health-state.ts'
import { nameLookup } from './name-lookup.ts'
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

const check = (origin: string, timeoutMs = 2000) =>
  httpCheck(origin, { path: '/health/web', timeoutMs }, nameLookup())()

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
    const connections: (string | undefined)[] = []
    const origin = await startOrigin((request, response) => {
      connections.push(request.headers.connection)
      response.writeHead(request.url === '/health/web' ? 204 : 503).end()
    })
    expect(await check(origin)).toEqual({ ok: true })
    expect(connections).toEqual(['close'])
    expect(await httpCheck(origin, { path: '/', timeoutMs: 2000 }, nameLookup())()).toEqual({
      ok: false,
      reason: 'health check answered 503',
    })
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
    expect(await httpCheck(origin, options, nameLookup())()).toEqual({ ok: true })
    expect(hosts).toEqual(['app.roundtrip.test'])
    expect(await httpCheck(origin, { ...options, expectedStatuses: [200] }, nameLookup())()).toMatchObject({
      ok: false,
    })
  })
})
