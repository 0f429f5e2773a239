import type { HttpResponse } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { nameLookup } from './name-lookup.ts'
import { bodyOf, silentLog, startOrigin, testContext, testRequest, testUpstream } from './testing.ts'

describe('health checks', () => {
  it('take a member out and bring it back, and say so once', async () => {
    let healthy = true
    const lines: string[] = []
    const note = (_facts: object, message: string): void => void lines.push(message)
    const member = await startOrigin((_request, response) => response.writeHead(healthy ? 200 : 500).end())
    let task: (() => void) | undefined
    let settled = Promise.withResolvers<void>()
    const upstream = testUpstream([member], {
      log: { ...silentLog, info: note, warn: note },
      clock: () => 42,
      schedule: (next, delayMs) => {
        // Checks are a minute apart here; what else a pool does from time to time comes sooner.
        if (delayMs < 10_000) return () => {}
        task = next
        settled.resolve()
        return () => {}
      },
      healthCheck: { path: '/health', intervalMs: 60_000, timeoutMs: 1000, rise: 2, fall: 2 },
    })
    const check = async (): Promise<void> => {
      settled = Promise.withResolvers()
      task?.()
      await settled.promise
    }
    upstream.start()
    await settled.promise
    healthy = false
    await check()
    expect(upstream.members()[0]?.state).toBe('healthy')
    await check()
    await check()
    expect(upstream.members()).toMatchObject([
      { name: new URL(member).host, state: 'unhealthy', reason: 'health check answered 500', since: 42, inFlight: 0 },
    ])
    await expect(upstream.forward(testRequest(), testContext())).rejects.toMatchObject({
      code: 'NO_HEALTHY_UPSTREAM',
      status: 503,
    })
    healthy = true
    await check()
    await check()
    expect(upstream.members()[0]?.state).toBe('healthy')
    const { host } = new URL(member)
    expect(lines).toEqual([`${host} is unhealthy`, `${host} is healthy`])
  })
})

describe('a member whose name is not resolved', () => {
  it('takes one lookup, and none from the others or their health checks', async () => {
    const arrived = Promise.withResolvers<string | undefined>()
    const { port } = new URL(
      await startOrigin((request, response) => {
        if (request.url === '/health') arrived.resolve(request.headers.host)
        response.end('live')
      }),
    )
    const asked: string[] = []
    const dead = Promise.withResolvers<never>()
    const lookup = nameLookup({
      clock: () => 0,
      resolve: async (name) => {
        asked.push(name)
        return name === 'dead.test' ? dead.promise : [{ address: '127.0.0.1', family: 4 }]
      },
    })
    // Longer than any test: only the lookup decides.
    const healthCheck = { path: '/health', intervalMs: 60_000, timeoutMs: 60_000, rise: 2, fall: 2 }
    const members = ['http://dead.test:1', `http://live.test:${port}`]
    const upstream = testUpstream(members, { lookup, healthCheck, connectTimeoutMs: 60_000 })
    const exchanges = Array.from({ length: 200 }, () => upstream.forward(testRequest(), testContext()))
    const settled = Promise.allSettled(exchanges)
    upstream.start()
    expect(await arrived.promise).toBe(`live.test:${port}`)
    expect(await bodyOf((await exchanges[1]) as HttpResponse)).toBe('live')
    dead.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))
    const statuses = (await settled).map(({ status }) => status)
    expect(statuses.filter((status) => status === 'rejected')).toHaveLength(100)
    expect(asked.toSorted()).toEqual(['dead.test', 'live.test'])
  })
})

describe('drain', () => {
  it('waits for what is in flight', async () => {
    const arrived = Promise.withResolvers<() => void>()
    const member = await startOrigin((_request, response) => {
      response.write('begun ')
      arrived.resolve(() => response.end('finished'))
    })
    const upstream = testUpstream([member])
    const response = await upstream.forward(testRequest(), testContext())
    const finish = await arrived.promise
    let drained = false
    const draining = upstream.drain().then(() => (drained = true))
    await new Promise(setImmediate)
    expect(drained).toBe(false)
    finish()
    expect(await bodyOf(response)).toBe('begun finished')
    await draining
    await upstream.drain()
  })
})
