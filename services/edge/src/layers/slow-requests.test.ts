import type { SettledListener } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { testContext, testRequest, testResponse } from '../testing/messages.ts'
import { slowRequests, SlowRequests } from './slow-requests.ts'

describe('slowRequests', () => {
  it('keeps who waited long for a head, and how long the rest took', async () => {
    const ring = new SlowRequests({ slowRequestsKept: 2 })
    const handler = slowRequests({ ring, slowRequestMs: 1000, now: () => 0 })(async () => testResponse())
    const ask = async (target: string, elapsedMs: number) => {
      const time = { elapsedMs }
      let settled: SettledListener | undefined
      const context = testContext({ facts: { upstream: 'web-1' }, onSettled: (listener) => void (settled = listener) })
      Object.defineProperty(context, 'elapsedMs', { get: () => time.elapsedMs })
      await handler(testRequest({ target }), context)
      time.elapsedMs += 500
      return () => settled?.({ outcome: 'complete', bodyBytes: 2 })
    }
    await ask('/quick', 999)
    expect(ring.recent()).toEqual([])
    const end = await ask('/slow?token=secret', 1000)
    expect(ring.recent()).toEqual([
      expect.objectContaining({
        at: '1970-01-01T00:00:00.000Z',
        path: '/slow',
        client: '192.0.2.7',
        status: 200,
        firstByteMs: 1000,
        durationMs: undefined,
        facts: { upstream: 'web-1' },
      }),
    ])
    end()
    expect(ring.recent()[0]?.durationMs).toBe(1500)
    await ask('/b', 2000)
    await ask('/c', 2000)
    expect(ring.recent().map(({ path }) => path)).toEqual(['/c', '/b'])
  })
})
