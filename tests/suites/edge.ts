/** The edges as operators see and steer them: caches, purges across points of presence, pools, figures. */
import { describe, expect, it, vi } from 'vitest'
import { clientOf, type Client, type Reply } from '../helpers/client.ts'
import type { TargetSource } from '../helpers/target.ts'
import { useTarget } from '../helpers/use-target.ts'

interface Member {
  readonly name: string
  readonly state: string
  readonly why: string
  readonly requests: number
  readonly sharePercent: number
}

interface Purged {
  readonly purged: number
  readonly others: string
}

/** Long enough for health checks and reconnects; waiting ends as soon as the condition holds. */
const noticed = { timeout: 20_000, interval: 100 }
/** Past the caches: what is asked for is who answers behind them. */
const anew = { headers: { 'cache-control': 'no-cache' } }

/** A line of Prometheus' text format: a comment, or a name, labels and a number. */
const expositionLine =
  /^(?:# (?:HELP|TYPE) [a-z][a-z0-9_]* .+|[a-z][a-z0-9_]*(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+\})? (?:[-+]?[\d.]+(?:e[-+]?\d+)?|[+-]Inf|NaN))$/

const isHit = ({ headers }: Reply): boolean => /(?:^|,)\s*roundtrip-edge;\s*hit/.test(String(headers['cache-status']))

/** How many requests were answered well, of the text that Prometheus gets. */
const answered = (lines: readonly string[]): number =>
  Number(
    lines
      .find((line) => /^edge_responses_total\{.*status="2xx"/.test(line))
      ?.split(' ')
      .at(-1),
  )

/** What the shop lets caches keep for seconds only: asked for twice in a row until the second is a hit. */
const cached = (client: Client, path: string): Promise<void> =>
  vi.waitFor(async () => {
    await client(path)
    expect(isHit(await client(path))).toBe(true)
  }, noticed)

export const describeEdge = (source: TargetSource): void => {
  describe('steering the edges', () => {
    const use = useTarget(source)

    const ask = async <T>(edge: string, method: 'GET' | 'POST', path: string, body?: object): Promise<T> =>
      (await use.target.askEdge(edge, { method, path, ...(body !== undefined && { body }) })) as T
    const members = async (edge: string): Promise<readonly Member[]> =>
      (await ask<{ name: string; members: Member[] }[]>(edge, 'GET', '/pools')).flatMap((pool) => pool.members)
    const purge = (edge: string, body: object): Promise<Purged> => ask(edge, 'POST', '/cache/purge', body)
    const url = (path: string): string => `https://${use.target.publicName}:${use.target.edges[0]?.httpsPort}${path}`
    const explain = (edge: string, path: string): Promise<{ decision: string; reason?: string }> =>
      ask(edge, 'GET', `/cache/explain?url=${encodeURIComponent(url(path))}`)

    const atSecondEdge = async (work: (client: Client) => Promise<void>): Promise<void> => {
      const client = clientOf(use.target, { edge: 1 })
      try {
        await work(client)
      } finally {
        await client.close()
      }
    }
    const metrics = async (): Promise<string[]> =>
      (await ask<string>('edge-1', 'GET', '/metrics')).trimEnd().split('\n')
    const connectedToOthers = (edge: string): Promise<void> =>
      vi.waitFor(
        async () => expect(await purge(edge, { url: url('/nothing') })).toMatchObject({ others: 'told' }),
        noticed,
      )

    it('a purge at one edge reaches what another one keeps, and explain tells both', async () => {
      await Promise.all(['edge-1', 'edge-2'].map(connectedToOthers))
      await vi.waitFor(async () => {
        await cached(use.client, '/api/products?limit=5')
        expect(await explain('edge-1', '/api/products?limit=5')).toMatchObject({ decision: 'hit' })
      }, noticed)
      expect(await purge('edge-2', { prefix: url('/api/') })).toMatchObject({ others: 'told' })
      await vi.waitFor(async () => {
        expect(await explain('edge-1', '/api/products?limit=5')).toMatchObject({ decision: 'miss', reason: 'uri-miss' })
      }, noticed)
      expect(isHit(await use.client('/api/products?limit=5'))).toBe(false)
    })

    it('without their Redis edges answer and purge by themselves, and hear of purges when it is back', async () => {
      const instance = use.target.instance('redis-edge')
      await instance.kill()
      try {
        await vi.waitFor(
          async () => expect(await purge('edge-1', { url: url('/nothing') })).toMatchObject({ others: 'later' }),
          noticed,
        )
        await cached(use.client, '/api/products?limit=6')
        expect((await purge('edge-1', { prefix: url('/api/products') })).purged).toBeGreaterThan(0)
        expect(isHit(await use.client('/api/products?limit=6'))).toBe(false)
        await atSecondEdge(async (client) => expect((await client('/api/users', anew)).status).toBe(200))
      } finally {
        await instance.start()
      }
      await Promise.all(['edge-1', 'edge-2'].map(connectedToOthers))
    })

    it('starts without it, too', async () => {
      const [redis, edge] = [use.target.instance('redis-edge'), use.target.instance('edge-2')]
      await redis.stop()
      try {
        await edge.stop()
        await edge.start()
        await atSecondEdge(async (client) => expect((await client('/api/users')).status).toBe(200))
      } finally {
        await redis.start()
      }
      await connectedToOthers('edge-2')
    })

    it('a drained member gets no work, and gets it again when it is restored', async () => {
      const [first, second] = await members('edge-1')
      const path = `/pools/web/members/${encodeURIComponent(first?.name ?? '')}`
      const sent = async (): Promise<number[]> => (await members('edge-1')).map(({ requests }) => requests)
      await ask('edge-1', 'POST', `${path}/drain`)
      const drained = await sent()
      try {
        for (let index = 0; index < 20; index += 1) expect((await use.client('/api/users', anew)).status).toBe(200)
        const [ofFirst = 0, ofSecond = 0] = await sent()
        expect(ofFirst).toBe(drained[0])
        // Or more: the health check of a container asks through the edge, too.
        expect(ofSecond - (drained[1] ?? 0)).toBeGreaterThanOrEqual(20)
        expect(await members('edge-1')).toMatchObject([
          { name: first?.name, state: 'draining', sharePercent: 0 },
          { name: second?.name, state: 'healthy', sharePercent: 100 },
        ])
      } finally {
        await ask('edge-1', 'POST', `${path}/restore`)
      }
      await vi.waitFor(async () => {
        await use.client('/api/users', anew)
        expect((await sent())[0]).toBeGreaterThan(drained[0] ?? 0)
      }, noticed)
    })

    it('an order for a member there is not is refused, and harms nobody', async () => {
      for (const order of ['drain', 'remove', 'restore'])
        await expect(ask('edge-1', 'POST', `/pools/web/members/nobody%3A1/${order}`)).rejects.toThrow(/NOT_FOUND/)
      expect((await use.client('/api/users')).status).toBe(200)
    })

    it('pools say why a killed web instance is out', async () => {
      const instance = use.target.instance('web-2')
      await instance.kill()
      try {
        await vi.waitFor(async () => {
          const [, second] = await members('edge-1')
          expect(second).toMatchObject({ state: 'unhealthy', sharePercent: 0 })
          expect(second?.why).toMatch(/^health check failed: /)
        }, noticed)
      } finally {
        await instance.start()
      }
      await vi.waitFor(async () => {
        expect((await members('edge-1')).map(({ state }) => state)).toEqual(['healthy', 'healthy'])
      }, noticed)
    })

    it('metrics are text that Prometheus reads, and count what happens', async () => {
      const before = await metrics()
      expect(before.filter((line) => !expositionLine.test(line))).toEqual([])
      await use.client('/api/users')
      expect(answered(await metrics())).toBeGreaterThan(answered(before))
    })

    it('nobody purges from outside', async () => {
      const refused = await use.client('/assets/site.css', { method: 'PURGE' as 'DELETE' })
      expect(refused.status).toBeGreaterThanOrEqual(403)
      expect(refused.status).toBeLessThan(500)
      expect((await use.client('/pools')).status).toBe(404)
    })
  })
}
