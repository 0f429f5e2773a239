/** What the edges keep of the catalogue, and that a change reaches each of them, whoever is away meanwhile. */
import { describe, expect, it, vi } from 'vitest'
import { at, clientOf, type Client, type Reply } from '../helpers/client.ts'
import type { TargetSource } from '../helpers/target.ts'
import { useTarget } from '../helpers/use-target.ts'

interface Product {
  readonly id: number
  readonly slug: string
  readonly stock: number
}

/** Much less than the minute that an edge keeps what nobody purges. */
const soon = { timeout: 5_000, interval: 10 }
/** For an instance to be back and connected to. A connection that died without a word is given up after 15 s and made anew; what is kept would expire after 60 s. */
const afterReturn = { timeout: 40_000, interval: 50 }

const isHit = ({ headers }: Reply): boolean => /roundtrip-edge;\s*hit/.test(String(headers['cache-status']))

const kept = (client: Client, path: string) =>
  vi.waitFor(async () => expect(isHit(await client(path))).toBe(true), afterReturn)

const productAt = async (client: Client, index: number): Promise<Product> =>
  at((await client('/api/products?limit=20')).json<{ products: Product[] }>().products, index)

const stockOf = async (client: Client, { id }: Product): Promise<number> =>
  (await client(`/api/products/${id}`)).json<Product>().stock

export const describePurges = (source: TargetSource): void => {
  describe('what the edges keep', () => {
    const use = useTarget(source)

    /** A client at each edge. */
    const atEdges = async (work: (clients: readonly Client[]) => Promise<void>): Promise<void> => {
      const clients = [...use.target.edges.keys()].map((edge) => clientOf(use.target, { edge }))
      try {
        await work(clients)
      } finally {
        await Promise.all(clients.map((client) => client.close()))
      }
    }
    const order = async ({ id }: Product): Promise<void> => {
      const body = { name: 'Alice', email: 'alice@example.com', lines: [{ productId: id, quantity: 1 }] }
      expect((await use.client('/api/orders', { method: 'POST', json: body })).status).toBe(201)
    }

    it('is the catalogue, for long; what names its parts stays between the tiers', async () => {
      const product = await productAt(use.client, 10)
      for (const path of ['/', '/api/products', `/api/products/${product.id}`, `/products/${product.slug}`]) {
        await kept(use.client, path)
        const { headers } = await use.client(path)
        expect(headers['cache-control']).toBe('public, max-age=0, s-maxage=2')
        expect(Number(/roundtrip-edge; hit; ttl=(\d+)/.exec(String(headers['cache-status']))?.[1])).toBeGreaterThan(2)
        expect(headers).not.toHaveProperty('surrogate-key')
      }
    })

    it('is nothing that concerns one client', async () => {
      const product = await productAt(use.client, 11)
      const body = { name: 'Alice', email: 'alice@example.com', lines: [{ productId: product.id, quantity: 1 }] }
      const placed = await use.client('/api/orders', { method: 'POST', json: body })
      const { id } = placed.json<{ id: string }>()
      const replies = [placed, await use.client('/api/nothing'), await use.client(`/orders/${id}`)]
      expect(replies.map(({ headers }) => headers['cache-control'])).toEqual(Array(3).fill('private, no-store'))
    })

    it('goes at every edge when it changes: the product, its page, the lists that show it', async () => {
      await atEdges(async (clients) => {
        const product = await productAt(use.client, 12)
        const paths = [`/api/products/${product.id}`, `/products/${product.slug}`, '/api/products?limit=20']
        for (const client of clients) for (const path of paths) await kept(client, path)
        const before = await stockOf(use.client, product)
        await order(product)
        for (const client of clients) {
          await vi.waitFor(async () => expect(await stockOf(client, product)).toBe(before - 1), soon)
          await vi.waitFor(async () => expect((await productAt(client, 12)).stock).toBe(before - 1), soon)
        }
        // What shows other products only has stayed.
        const [first] = clients
        if (first !== undefined) await kept(first, '/api/products/1')
      })
    })

    it.each([
      ['kill', 'redis-edge'],
      ['pause', 'redis-edge'],
      ['kill', 'edge-2'],
    ] as const)('goes after a %s of %s, too, as soon as that is back', async (breakage, name) => {
      await atEdges(async (clients) => {
        const product = await productAt(use.client, 13)
        for (const client of clients) await kept(client, `/api/products/${product.id}`)
        const before = await stockOf(use.client, product)
        const instance = use.target.instance(name)
        await instance[breakage]()
        try {
          await order(product)
        } finally {
          await (breakage === 'pause' ? instance.resume() : instance.start())
        }
        for (const client of clients) {
          await vi.waitFor(async () => expect(await stockOf(client, product)).toBe(before - 1), afterReturn)
        }
      })
    })
  })
}
