/**
 * The same endpoints as a shop has them that is written plainly: Fastify, pg and ioredis, everything on the primary, a cache
 * that is asked and filled, no more. What it answers is what our app answers; what it does not do is the point of the benchmark.
 */
import {
  newOrderSchema,
  orderSchema,
  productSchema,
  type NewOrder,
  type Order,
  type Product,
} from '@roundtrip/contracts'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Redis } from 'ioredis'
import type { Pool, PoolClient } from 'pg'

export interface PlainOptions {
  readonly pool: Pool
  readonly redis: Redis
  /** Keeps products in the process for a second as well. */
  readonly memory: boolean
}

const currency = 'EUR'
const ttlSeconds = 60
const memoryMs = 1000

const columns = `id, slug, name, description, price_cents as "priceCents", stock, '${currency}' as currency, version,
  updated_at as "updatedAt"`

/** Asks memory, then Redis, then Postgres. */
const productReader = ({ pool, redis, memory }: PlainOptions) => {
  const held = new Map<number, { product: Product; untilMs: number }>()
  return async (id: number): Promise<Product | undefined> => {
    const inMemory = held.get(id)
    if (inMemory !== undefined && inMemory.untilMs > performance.now()) return inMemory.product
    const cached = await redis.get(`plain:${id}`)
    if (cached !== null) {
      const product = JSON.parse(cached) as Product
      if (memory) held.set(id, { product, untilMs: performance.now() + memoryMs })
      return product
    }
    const { rows } = await pool.query<Product & { updatedAt: Date }>({
      name: 'product',
      text: `select ${columns} from products where id = $1`,
      values: [id],
    })
    if (rows[0] === undefined) return undefined
    const product = { ...rows[0], updatedAt: rows[0].updatedAt.toISOString() }
    await redis.set(`plain:${id}`, JSON.stringify(product), 'EX', ttlSeconds)
    return product
  }
}

interface Stocked {
  readonly id: number
  readonly name: string
  readonly price_cents: number
  readonly stock: number
}

const insertOrder = async (client: PoolClient, { name, email, lines }: NewOrder): Promise<Order> => {
  const ids = lines.map(({ productId }) => productId)
  const { rows: stocked } = await client.query<Stocked>({
    name: 'stock',
    text: 'select id, name, price_cents, stock from products where id = any($1::int[]) order by id for update',
    values: [ids],
  })
  const priced = lines.map(({ productId, quantity }) => {
    const product = stocked.find(({ id }) => id === productId)
    if (product === undefined || product.stock < quantity) throw new Error('out of stock')
    return { productId, name: product.name, quantity, unitPriceCents: product.price_cents }
  })
  const totalCents = priced.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0)
  const { rows } = await client.query<{ id: string; placed_at: Date }>({
    name: 'order',
    text: 'insert into orders (name, email, total_cents) values ($1, $2, $3) returning id, placed_at',
    values: [name, email, totalCents],
  })
  const [{ id, placed_at: placedAt } = { id: '', placed_at: new Date() }] = rows
  for (const [index, line] of priced.entries()) {
    await client.query({
      name: 'line',
      text: `insert into order_lines (order_id, position, product_id, name, quantity, unit_price_cents)
        values ($1, $2, $3, $4, $5, $6)`,
      values: [id, index + 1, line.productId, line.name, line.quantity, line.unitPriceCents],
    })
    await client.query({
      name: 'take',
      text: 'update products set stock = stock - $2, version = version + 1, updated_at = now() where id = $1',
      values: [line.productId, line.quantity],
    })
  }
  const order: Order = {
    id,
    name,
    email,
    status: 'placed',
    lines: priced,
    totalCents,
    currency,
    placedAt: placedAt.toISOString(),
  }
  await client.query({
    name: 'mail',
    text: `insert into outbox (queue, name, payload, sent_at) values ('mail', 'order-confirmation', $1, now())`,
    values: [JSON.stringify(order)],
  })
  return order
}

const placeOrder = async (pool: Pool, order: NewOrder): Promise<Order> => {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const placed = await insertOrder(client, order)
    await client.query('commit')
    return placed
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

export const plainApp = (options: PlainOptions): FastifyInstance => {
  const { pool, redis } = options
  const readProduct = productReader(options)
  const app = Fastify()
  app.get<{ Params: { id: number } }>(
    '/api/products/:id',
    {
      schema: {
        params: { type: 'object', properties: { id: { type: 'integer', minimum: 1 } } },
        response: { 200: productSchema },
      },
    },
    async (request, reply) => {
      const product = await readProduct(request.params.id)
      if (product === undefined) return reply.code(404).send({ error: 'not found' })
      reply
        .header('cache-control', 'public, max-age=0, s-maxage=2')
        .header('etag', `"${product.id}-${product.version}"`)
      return product
    },
  )
  app.post<{ Body: NewOrder }>(
    '/api/orders',
    { schema: { body: newOrderSchema, response: { 201: orderSchema } } },
    async (request, reply) => {
      const order = await placeOrder(pool, request.body)
      await redis.del(...order.lines.map(({ productId }) => `plain:${productId}`))
      return reply
        .code(201)
        .header('location', `/api/orders/${order.id}`)
        .header('cache-control', 'no-store')
        .send(order)
    },
  )
  return app
}
