/** Whoever has changed something sees it at once, though the caches on the way still have what was before. */
import { describe, expect, it } from 'vitest'
import { at, clientOf, type Client, type Reply } from '../helpers/client.ts'
import type { TargetSource } from '../helpers/target.ts'
import { useTarget } from '../helpers/use-target.ts'

/** What a browser sends back. */
const cookiesOf = ({ headers }: Reply): string =>
  [headers['set-cookie'] ?? []]
    .flat()
    .map((line) => line.split(';', 1)[0])
    .join('; ')

const stockIn = (reply: Reply): number => reply.json<{ stock: number }>().stock

/** Until both edges answer from what they keep. */
const warm = async (clients: readonly Client[], path: string): Promise<number> => {
  for (const client of clients) while (!/edge; hit/.test(String((await client(path)).headers['cache-status'])));
  return stockIn(await at(clients, 0)(path))
}

export const describeOwnWrites = (source: TargetSource): void => {
  describe('what a visitor has written', () => {
    const use = useTarget(source)

    it('is what they read, at both edges, past what is kept there for others', async () => {
      const clients = use.target.edges.map((_, edge) => clientOf(use.target, { edge }))
      const purges = use.target.instance('redis-edge')
      const path = '/api/products/11'
      const before = await warm(clients, path)
      await purges.pause() // Nobody tells the edges of changes.
      try {
        const ordered = await use.client('/api/orders', {
          method: 'POST',
          json: { name: 'Alice', email: 'alice@example.com', lines: [{ productId: 11, quantity: 1 }] },
        })
        const bearers = [
          { cookie: cookiesOf(ordered) },
          { 'x-session-position': String(ordered.headers['x-session-position']) },
        ]
        for (const client of clients) {
          for (const headers of bearers) {
            const own = await client(path, { headers })
            expect(stockIn(own)).toBe(before - 1)
            expect(own.headers).toMatchObject({ 'cache-control': 'private, no-store' })
            expect(String(own.headers['cache-status'])).toMatch(/roundtrip-web; fwd=bypass.*roundtrip-edge; fwd=bypass/)
          }
          const stranger = await client(path, { headers: { cookie: 'another=1' } })
          expect([stockIn(stranger), String(stranger.headers['cache-status'])]).toEqual([
            before,
            expect.stringContaining('roundtrip-edge; hit'),
          ])
        }
      } finally {
        await purges.resume()
        await Promise.all(clients.map((client) => client.close()))
      }
    })

    it('is no reason to go past the caches when nobody else is shown it', async () => {
      const clients = use.target.edges.map((_, edge) => clientOf(use.target, { edge }))
      await warm(clients, '/api/products/12')
      const filled = await use.client('/api/cart/items/12', { method: 'PUT', json: { quantity: 2 } })
      expect(filled.status).toBe(200)
      const headers = { cookie: cookiesOf(filled) }
      for (const client of clients) {
        const cart = await client('/api/cart', { headers })
        expect(cart.json()).toMatchObject({ items: [{ productId: 12, quantity: 2 }] })
        const product = await client('/api/products/12', { headers })
        expect(String(product.headers['cache-status'])).toContain('roundtrip-edge; hit')
      }
      await Promise.all(clients.map((client) => client.close()))
    })
  })
}
