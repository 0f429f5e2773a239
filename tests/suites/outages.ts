/** One tier broken at a time: what the client sees, and what is whole again after. */
import { parseServerTiming } from '@roundtrip/http'
import { query } from '@roundtrip/dns-wire'
import { describe, expect, it, vi } from 'vitest'
import { at, clientOf } from '../helpers/client.ts'
import type { TargetSource } from '../helpers/target.ts'
import { useTarget } from '../helpers/use-target.ts'

/** Past the edges' caches: what is asked for is who answers behind them. */
const anew = { 'cache-control': 'no-cache' }
const traced = { ...anew, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
const order = {
  method: 'POST',
  json: { name: 'Alice', email: 'alice@example.com', lines: [{ productId: 3, quantity: 1 }] },
} as const
/** Long enough for health checks to notice; waiting ends as soon as the condition holds. */
const noticed = { timeout: 20_000, interval: 100 }

export const describeOutages = (source: TargetSource): void => {
  describe('outages', () => {
    const use = useTarget(source)

    /** Breaks an instance for the length of some work, and waits until it is whole again. */
    const during = async (
      breakage: 'stop' | 'kill' | 'pause',
      name: string,
      work: () => Promise<void>,
    ): Promise<void> => {
      const instance = use.target.instance(name)
      await instance[breakage]()
      try {
        await work()
      } finally {
        await (breakage === 'pause' ? instance.resume() : instance.start())
      }
    }
    const statuses = async (path: string, count: number): Promise<Set<number>> =>
      new Set(
        await Promise.all(
          Array.from({ length: count }, async () => (await use.client(path, { headers: anew })).status),
        ),
      )
    const timing = async (path: string, name: string) => {
      const reply = await use.client(path, { headers: traced })
      const timings = parseServerTiming([reply.headers['server-timing']].flat().join(','))
      return { status: reply.status, description: timings.find((one) => one.name === name)?.description }
    }
    const servedBy = async (tier: string, count: number): Promise<Set<string | undefined>> =>
      new Set(
        await Promise.all(Array.from({ length: count }, async () => (await timing('/api/users', tier)).description)),
      )

    const servedByDatabase = async (count: number): Promise<Set<string | undefined>> =>
      new Set(
        await Promise.all(Array.from({ length: count }, async () => (await timing('/api/users', 'db')).description)),
      )
    // Each app finds out by itself that the replica is back: both have to, before the primary may go.
    const replicaServes = async (): Promise<void> =>
      vi.waitFor(async () => expect(await servedByDatabase(10)).toEqual(new Set(['replica-1'])), noticed)

    it('a killed web instance: no request fails once it is left out, and it gets work again after, however soon that is', async () => {
      await during('kill', 'web-1', async () => {
        await vi.waitFor(async () => expect(await servedBy('web', 10)).toEqual(new Set(['web-2'])), noticed)
        expect(await statuses('/api/users', 200)).toEqual(new Set([200]))
      })
      await vi.waitFor(async () => expect(await servedBy('web', 10)).toEqual(new Set(['web-1', 'web-2'])), noticed)
    })

    it('a killed app instance: the other one takes over', async () => {
      await during('kill', 'app-2', async () => {
        await vi.waitFor(async () => expect(await servedBy('app', 10)).toEqual(new Set(['app-1'])), noticed)
        expect(await statuses('/api/users', 100)).toEqual(new Set([200]))
      })
      await vi.waitFor(async () => expect(await servedBy('app', 10)).toEqual(new Set(['app-1', 'app-2'])), noticed)
    })

    it('a frozen web instance: health checks find it out', async () => {
      await during('pause', 'web-2', async () => {
        await vi.waitFor(async () => expect(await servedBy('web', 6)).toEqual(new Set(['web-1'])), noticed)
        expect(await statuses('/api/users', 50)).toEqual(new Set([200]))
      })
    })

    it('no app at all: static files are served, pages get a clear 503', async () => {
      await during('stop', 'app-1', () =>
        during('stop', 'app-2', async () => {
          expect((await use.client('/assets/site.css')).status).toBe(200)
          await vi.waitFor(async () => {
            const reply = await use.client('/api/users', { headers: anew })
            expect(reply.json()).toMatchObject({ status: 503, code: 'NO_HEALTHY_UPSTREAM' })
            expect(reply.headers['retry-after']).toBeDefined()
          }, noticed)
        }),
      )
      await vi.waitFor(async () => expect(await servedBy('app', 20)).toEqual(new Set(['app-1', 'app-2'])), noticed)
    })

    it('no replica: reads go on from the primary, and return to the replica', async () => {
      await during('stop', 'postgres-replica', async () => {
        expect(await statuses('/api/users', 20)).toEqual(new Set([200]))
        expect(await timing('/api/users', 'db')).toEqual({ status: 200, description: 'primary' })
      })
      await replicaServes()
    })

    it('no primary: reads go on, writes fail clearly and at once', async () => {
      await replicaServes()
      await during('stop', 'postgres-primary', async () => {
        expect(await statuses('/api/users', 20)).toEqual(new Set([200]))
        const write = await use.client('/api/orders', order)
        expect(write.json()).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE' })
        expect(write.headers['retry-after']).toBeDefined()
      })
      await vi.waitFor(async () => expect((await use.client('/api/orders', order)).status).toBe(201), noticed)
    })

    it('no cache: pages are still served', async () => {
      await during('stop', 'redis-cache', async () => {
        expect(await statuses('/', 20)).toEqual(new Set([200]))
        expect((await timing('/api/products?limit=9', 'cache')).description).toBe('down')
      })
      await vi.waitFor(
        async () => expect((await timing('/api/products?limit=9', 'cache')).description).toBe('hit'),
        noticed,
      )
    })

    it.each(['worker-1', 'redis-queue'])('no %s: orders are taken, the mail arrives after it is back', async (name) => {
      let id = ''
      await during('stop', name, async () => {
        const ordered = await use.client('/api/orders', order)
        expect(ordered.status).toBe(201)
        ;({ id } = ordered.json<{ id: string }>())
        expect((await use.target.mails()).filter(({ subject }) => subject.includes(id))).toEqual([])
      })
      await vi.waitFor(async () => {
        expect((await use.target.mails()).filter(({ subject }) => subject.includes(id))).toHaveLength(1)
      }, noticed)
    })

    it('no first edge: the second point of presence answers, and DNS knows its address', async () => {
      await during('stop', 'edge-1', async () => {
        await expect(use.client('/api/users')).rejects.toThrow(/ECONNREFUSED|other side closed|socket/i)
        const { message } = await query({ ...use.target.dns, name: use.target.publicName, type: 'A' })
        expect(message.answers.length).toBeGreaterThan(0)
        const second = clientOf(use.target, { edge: 1 })
        expect((await second('/api/users')).status).toBe(200)
        await second.close()
      })
      expect(at(use.target.edges, 0).name).toBe('edge-1')
      await vi.waitFor(async () => expect((await use.client('/api/users')).status).toBe(200), noticed)
    })

    it('no name server: what is connected goes on', async () => {
      await during('stop', 'dns', async () => {
        await expect(
          query({ ...use.target.dns, name: use.target.publicName, type: 'A', timeoutMs: 300 }),
        ).rejects.toThrow(/did not answer|refused|reached/i)
        expect((await use.client('/api/users')).status).toBe(200)
      })
      await vi.waitFor(async () => {
        expect(
          (await query({ ...use.target.dns, name: use.target.publicName, type: 'A' })).message.answers.length,
        ).toBeGreaterThan(0)
      }, noticed)
    })
  })
}
