import { describe, expect, it } from 'vitest'
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
      schedule: (next) => {
        task = next
        settled.resolve()
        return () => {}
      },
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
    expect(upstream.members()).toEqual([
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
