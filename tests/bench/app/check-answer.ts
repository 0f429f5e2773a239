/** Looks at what contestants answer before anything is timed: they have to answer alike. */
import { deepStrictEqual } from 'node:assert'
import type { Entrant } from './contestants.ts'

interface Answer {
  readonly status: number
  readonly etag: string | null
  readonly cacheControl: string | null
  readonly body: unknown
}

const ask = async (port: number, path: string, init?: RequestInit): Promise<Answer> => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
  const { status, headers } = response
  return { status, etag: headers.get('etag'), cacheControl: headers.get('cache-control'), body: await response.json() }
}

const order = { name: 'Check', email: 'check@example.com', lines: [{ productId: 400, quantity: 2 }] }

/** But for what is another one each time. */
const alike = ({ id, placedAt, ...rest }: Record<string, unknown>): object => ({
  ...rest,
  id: typeof id,
  placedAt: typeof placedAt,
})

/** @throws AssertionError when two of them answer differently */
export const checkAnswers = async (entrants: readonly Entrant[]): Promise<void> => {
  const products: Answer[] = []
  const orders: object[] = []
  for (const port of entrants.flatMap(({ ports }) => ports)) {
    products.push(await ask(port, '/api/products/7'))
    const headers = { 'content-type': 'application/json' }
    const placed = await ask(port, '/api/orders', { method: 'POST', headers, body: JSON.stringify(order) })
    orders.push({ status: placed.status, body: alike(placed.body as Record<string, unknown>) })
  }
  for (const product of products) deepStrictEqual(product, products[0])
  for (const placed of orders) deepStrictEqual(placed, orders[0])
  deepStrictEqual([products[0]?.status, (orders[0] as { status?: number }).status], [200, 201])
}
