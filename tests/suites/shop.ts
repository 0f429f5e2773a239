/** The shop from the outside: what is written is read back, what is ordered arrives by mail. */
import { describe, expect, it, vi } from 'vitest'
import { at, type Ask } from '../helpers/client.ts'
import type { TargetSource } from '../helpers/target.ts'
import { useTarget } from '../helpers/use-target.ts'

interface Product {
  id: number
  slug: string
  name: string
  priceCents: number
  stock: number
}

const buyer = { name: 'Alice', email: 'alice@example.com' }

export const describeShop = (source: TargetSource): void => {
  describe('the shop', () => {
    const use = useTarget(source)

    it('creates, reads, replaces, patches and deletes a product', async () => {
      const body = { slug: 'e2e-lamp', name: 'Lamp', description: 'Warm light.', priceCents: 4900, stock: 5 }
      const staff = { authorization: `Bearer ${await use.target.staffToken()}` }
      const created = await use.client('/api/products', { method: 'POST', headers: staff, json: body })
      expect(created.status).toBe(201)
      const { id } = created.json<Product>()
      expect(created.headers['location']).toBe(`/api/products/${id}`)
      // A read may be served by a replica that is a moment behind.
      await vi.waitFor(async () => expect((await use.client(`/api/products/${id}`)).json()).toMatchObject(body))

      const replaced = await use.client(`/api/products/${id}`, {
        method: 'PUT',
        headers: { ...staff, 'if-match': String(created.headers['etag']) },
        json: { ...body, name: 'Desk lamp' },
      })
      expect(replaced.json()).toMatchObject({ name: 'Desk lamp', priceCents: 4900 })
      const patched = await use.client(`/api/products/${id}`, {
        method: 'PATCH',
        headers: {
          ...staff,
          'content-type': 'application/merge-patch+json',
          'if-match': String(replaced.headers['etag']),
        },
        body: JSON.stringify({ priceCents: 3900 }),
      })
      expect(patched.json()).toMatchObject({ name: 'Desk lamp', priceCents: 3900 })
      await vi.waitFor(async () => expect((await use.client('/products/e2e-lamp')).text).toContain('Desk lamp'))

      const removed = await use.client(`/api/products/${id}`, {
        method: 'DELETE',
        headers: { ...staff, 'if-match': '*' },
      })
      expect((await use.client('/api/products', { method: 'POST', json: body })).status).toBe(401)
      expect(removed.status).toBe(204)
      await vi.waitFor(async () => expect((await use.client(`/api/products/${id}`)).status).toBe(404))
    })

    it('takes an order, lowers the stock, and mails a confirmation', async () => {
      const product = at((await use.client('/api/products?limit=1')).json<{ products: Product[] }>().products, 0)
      const order = await use.client('/api/orders', {
        method: 'POST',
        json: { ...buyer, lines: [{ productId: product.id, quantity: 1 }] },
      })
      expect(order.status).toBe(201)
      const { id, totalCents } = order.json<{ id: string; totalCents: number }>()
      expect(totalCents).toBe(product.priceCents)
      const mail = await vi.waitFor(
        async () =>
          at(
            (await use.target.mails()).filter(({ subject }) => subject.includes(id)),
            0,
          ),
        { timeout: 15_000 },
      )
      expect(mail.text).toContain(product.name)
      await vi.waitFor(async () => {
        const { stock } = (await use.client(`/api/products/${product.id}`)).json<Product>()
        expect(stock).toBe(product.stock - 1)
      })
    })

    it('places an order once under one idempotency key', async () => {
      const product = at((await use.client('/api/products?limit=1')).json<{ products: Product[] }>().products, 0)
      const place = (quantity: number) =>
        use.client('/api/orders', {
          method: 'POST',
          headers: { 'idempotency-key': 'e2e-once' },
          json: { ...buyer, lines: [{ productId: product.id, quantity }] },
        })
      const first = await place(1)
      const again = await place(1)
      expect([first.status, again.status, again.text]).toEqual([201, 201, first.text])
      expect(again.headers).toMatchObject({ location: first.headers['location'], 'idempotency-replayed': 'true' })
      expect((await place(2)).json()).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' })
    })

    it('keeps a cart for the one who has its cookie, and orders what is in it once', async () => {
      const [first, second] = (await use.client('/api/products?limit=2')).json<{ products: Product[] }>().products
      const cookies = new Map<string, string>()
      const shop = async (path: string, ask: Ask = {}) => {
        const cookie = [...cookies.values()].join('; ')
        const reply = await use.client(path, { ...ask, headers: { cookie, ...ask.headers } })
        for (const line of [reply.headers['set-cookie'] ?? []].flat()) {
          const [pair = ''] = line.split(';')
          cookies.set(pair.split('=', 1)[0] ?? '', pair)
        }
        return reply
      }
      const put = (productId = 0) => shop(`/api/cart/items/${productId}`, { method: 'PUT', json: { quantity: 1 } })
      expect((await put(first?.id)).headers['cache-control']).toBe('private, no-store')
      const { etag = '' } = (await put(second?.id)).headers
      expect((await shop('/api/cart')).json()).toMatchObject({ items: { length: 2 } })
      expect((await shop('/cart')).text).toContain(second?.name)
      expect((await use.client('/api/cart')).json()).toMatchObject({ items: [] })
      const checkout = () =>
        shop('/api/cart/checkout', {
          method: 'POST',
          headers: { 'idempotency-key': 'e2e-cart', 'if-match': String(etag) },
          json: buyer,
        })
      const order = await checkout()
      expect([order.status, order.json<{ lines: unknown[] }>().lines.length]).toEqual([201, 2])
      expect((await checkout()).text).toBe(order.text)
      expect((await shop('/api/cart')).json()).toMatchObject({ items: [] })
    })

    it('takes an order from the page with a plain form', async () => {
      const home = await use.client('/')
      const slug = /href="\/products\/([a-z0-9-]+)"/.exec(home.text)?.[1] ?? ''
      const page = await use.client(`/products/${slug}`)
      expect(page.text).toContain('<form')
      const productId = /name="productId" value="(\d+)"/.exec(page.text)?.[1] ?? ''
      const key = /name="key" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
      const fields = new URLSearchParams({ key, productId, quantity: '1', ...buyer })
      const ordered = await use.client('/orders', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: fields.toString(),
      })
      expect(ordered.status).toBe(303)
      const receipt = await use.client(String(ordered.headers['location']))
      expect(receipt.status).toBe(200)
      expect(receipt.text).toMatch(/<table/)
    })
  })
}
