/** The whole tier against its real neighbours, and without each of them. */
import { fileURLToPath } from 'node:url'
import { orderConfirmationSchema, type Order, type Product } from '@roundtrip/contracts'
import { createDatabase } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, type TestDatabase } from '@roundtrip/postgres/test-database'
import { TestProxy } from '@roundtrip/postgres/test-proxy'
import { parseServerTiming } from '@roundtrip/http'
import { createLogger, type Component, type Health } from '@roundtrip/service'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { Value } from 'typebox/value'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { seed } from './seed.ts'
import { startApp } from './start.ts'
import { addToken } from './testing/accounts.ts'
import { useContract } from './testing/contract.ts'
import { ownRedis } from './testing/own-redis.ts'
import { ownSettings } from './testing/settings.ts'

useContract()

const log = createLogger('app', 'app-test', 'fatal')
const sampled = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }

let fresh: TestDatabase
let proxies: { primary: TestProxy; replica: TestProxy; cache: TestProxy; queue: TestProxy }
let app: Component
let redis: Redis
let queue: Queue
let staff: Record<string, string>

beforeAll(async () => {
  const { cacheUrl, queueUrl, redisPassword } = await ownRedis()
  fresh = await createTestDatabase()
  const { primaryUrl, password } = fresh
  await migrate({ url: primaryUrl, password, folder: fileURLToPath(new URL('../migrations', import.meta.url)), log })
  const database = createDatabase({ primaryUrl, password, log, writeTimeoutMs: 60_000 })
  await database.write(seed)
  staff = { authorization: `Bearer ${await addToken(database, 'staff')}` }
  await database.close()
  await fresh.replicated()
  redis = new Redis(queueUrl, { password: redisPassword })
  queue = new Queue('mail', { connection: redis })
  proxies = {
    primary: await TestProxy.to(fresh.primaryUrl),
    replica: await TestProxy.to(fresh.replicaUrl),
    cache: await TestProxy.to(cacheUrl),
    queue: await TestProxy.to(queueUrl),
  }
  app = await startApp({
    settings: {
      ...ownSettings,
      primaryUrl: proxies.primary.url,
      replicaUrls: [proxies.replica.url],
      databasePassword: password,
      cacheUrl: proxies.cache.url,
      queueUrl: proxies.queue.url,
      redisPassword,
    },
    log,
    instance: 'app-test',
  })
})

afterEach(async () => {
  await Promise.all(Object.values(proxies).map((proxy) => proxy.up()))
  await untilWell()
})

afterAll(async () => {
  await app.drain()
  await app.close()
  await Promise.all(Object.values(proxies).map((proxy) => proxy.down()))
  await queue.close()
  redis.disconnect()
  await fresh.drop()
})

interface Init {
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

const ask = (path: string, init: Init = {}): Promise<Response> =>
  fetch(`${app.listeners['http']}${path}`, { redirect: 'manual', ...init, headers: { ...sampled, ...init.headers } })

const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  ask(path, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } })

const json = async <T>(response: Promise<Response>): Promise<T> => (await response).json() as Promise<T>

const timing = (response: Response, name: string): string | undefined =>
  parseServerTiming(response.headers.get('server-timing') ?? '').find((metric) => metric.name === name)?.description

const newProduct = (name: string, stock: number) => ({ name, description: 'for a test', priceCents: 1999, stock })
const addProduct = (name: string, stock = 10): Promise<Product> =>
  json<Product>(send('POST', '/api/products', newProduct(name, stock), staff))

const orderOf = (productId: number, quantity: number) => ({
  name: 'Alice',
  email: 'alice@example.com',
  lines: [{ productId, quantity }],
})

/** Waits until the tier has noticed that all its neighbours are there again. */
const untilWell = async (): Promise<void> => {
  for (;;) {
    const { checks } = await json<Health>(ask('/health/ready'))
    const page = await ask('/')
    if (Object.values(checks).every((check) => check === 'ok') && timing(page, 'cache') !== 'down') return
  }
}

/** Waits for the job of an order, however long the relay takes. */
const jobOf = async ({ id }: Order) => {
  for (;;) {
    const jobs = await queue.getJobs(['waiting'])
    const job = jobs.find(({ data }) => data.orderId === id)
    if (job !== undefined) return job
  }
}

describe('users', () => {
  test('Alice is first, under both addresses, read from the replica', async () => {
    for (const path of ['/api/users', '/user/v1/list']) {
      const response = await ask(path)
      const { users } = (await response.json()) as { users: unknown[] }
      expect([users.length, users[0]]).toEqual([50, { id: 1, name: 'Alice' }])
      expect(timing(response, 'db')).toBe('replica-1')
    }
  })

  test('the cursor leads through all of them, once each', async () => {
    const ids: number[] = []
    let query = '?limit=100'
    for (;;) {
      const page = await json<{ users: { id: number }[]; nextCursor?: string }>(ask(`/api/users${query}`))
      ids.push(...page.users.map(({ id }) => id))
      if (page.nextCursor === undefined) break
      query = `?limit=100&cursor=${page.nextCursor}`
    }
    // Those of the seed, and the one that the token of staff belongs to.
    expect(ids).toEqual(Array.from({ length: 1001 }, (_, index) => index + 1))
  })
})

describe('products', () => {
  test('a second read comes from the cache; a change is seen at once', async () => {
    const { id } = await addProduct('Seen At Once')
    // The relay tells the cache of the change once more, and so may come between two reads.
    const read = async () => {
      const response = await ask(`/api/products/${id}`)
      return [timing(response, 'cache'), timing(response, 'db')]
    }
    expect((await read())[0]).toBe('miss')
    await expect.poll(read).toEqual(['hit', undefined])
    for (let priceCents = 1; priceCents <= 20; priceCents++) {
      const headers = { ...staff, 'content-type': 'application/merge-patch+json', 'if-match': '*' }
      await send('PATCH', `/api/products/${id}`, { priceCents }, headers)
      expect(await json(ask(`/api/products/${id}`))).toMatchObject({ priceCents, version: priceCents + 1 })
      expect(await (await ask('/products/seen-at-once')).text()).toContain(`€ ${(priceCents / 100).toFixed(2)}`)
    }
  })

  test('words are searched for in the database', async () => {
    await addProduct('Xylophone Cabinet')
    const found = await ask('/api/products?q=xylophones')
    expect(timing(found, 'cache')).toBe('bypass')
    await fresh.replicated()
    expect(await json(ask('/api/products?q=xylophones'))).toMatchObject({ products: [{ slug: 'xylophone-cabinet' }] })
    expect(await json(ask("/api/products?q='%20or%201=1%20--"))).toEqual({ products: [] })
  })
})

describe('orders', () => {
  test('take from stock, can be looked at at once, and send one mail', async () => {
    const product = await addProduct('Order Me')
    const placed = await send('POST', '/api/orders', orderOf(product.id, 3))
    const order = (await placed.json()) as Order
    expect([placed.status, order.totalCents, timing(placed, 'db')]).toEqual([201, 5997, 'primary'])
    expect(await json(ask(placed.headers.get('location') ?? ''))).toEqual(order)
    expect(await (await ask(`/orders/${order.id}`)).text()).toContain('Thank you, Alice')
    expect(await json(ask(`/api/products/${product.id}`))).toMatchObject({ stock: 7 })
    const job = await jobOf(order)
    expect([job.name, job.data.traceparent, job.opts.attempts]).toEqual(['order-confirmation', sampled.traceparent, 6])
    expect(Value.Check(orderConfirmationSchema, job.data)).toBe(true)
  })

  test('the last piece is sold once', async () => {
    const { id } = await addProduct('Last Pieces', 5)
    const all = await Promise.all(Array.from({ length: 20 }, () => send('POST', '/api/orders', orderOf(id, 1))))
    const byStatus = (status: number) => all.filter((response) => response.status === status).length
    expect([byStatus(201), byStatus(409)]).toEqual([5, 15])
    expect(await json(ask(`/api/products/${id}`))).toMatchObject({ stock: 0 })
    const [first] = await Promise.all(all.filter(({ status }) => status === 409).map((response) => response.json()))
    expect(first).toMatchObject({ code: 'OUT_OF_STOCK', detail: 'Only 0 of Last Pieces left.' })
  })

  test('one line that cannot be had takes nothing of the others', async () => {
    const { id } = await addProduct('Untouched')
    const order = { ...orderOf(id, 1), lines: [...orderOf(id, 1).lines, { productId: 2_000_000_000, quantity: 1 }] }
    expect(await json(send('POST', '/api/orders', order))).toMatchObject({ status: 422, code: 'UNPROCESSABLE' })
    expect(await json(ask(`/api/products/${id}`))).toMatchObject({ stock: 10 })
  })

  test('the same product on two lines counts twice against the stock', async () => {
    const { id } = await addProduct('Two Lines', 3)
    const order = { ...orderOf(id, 2), lines: [...orderOf(id, 2).lines, ...orderOf(id, 2).lines] }
    expect((await send('POST', '/api/orders', order)).status).toBe(409)
  })

  test('are taken while the queue is away; the mail goes out when it is back, once', async () => {
    const { id } = await addProduct('Patient')
    await proxies.queue.down()
    const placed = await send('POST', '/api/orders', orderOf(id, 1))
    expect(placed.status).toBe(201)
    const order = (await placed.json()) as Order
    await proxies.queue.up()
    await jobOf(order)
    const jobs = await queue.getJobs(['waiting'])
    expect(jobs.filter(({ data }) => data.orderId === order.id)).toHaveLength(1)
  })
})

describe('without', () => {
  test('the replica: reads go to the primary, no request fails', async () => {
    await proxies.replica.down()
    for (let i = 0; i < 10; i++) {
      const response = await ask('/api/users?limit=1')
      expect([response.status, timing(response, 'db')]).toEqual([200, 'primary'])
    }
    expect((await ask('/health/ready')).status).toBe(200)
  })

  test('the cache: pages are served from the database', async () => {
    await proxies.cache.down()
    expect((await ask('/')).status).toBe(200)
    // What nobody has asked for before: the rest may still be in the memory of the process.
    const response = await ask('/api/products?limit=37')
    expect([response.status, timing(response, 'cache')]).toEqual([200, 'down'])
    expect((await ask('/health/ready')).status).toBe(200)
  })

  test('the primary: reads go on, writes are 503 with Retry-After', async () => {
    await proxies.primary.down()
    expect((await ask('/api/products/1')).status).toBe(200)
    const refused = await send('POST', '/api/orders', orderOf(1, 1))
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await refused.json()).toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    expect(await json(ask('/health/ready'))).toMatchObject({ ready: true, checks: { primary: 'unreachable' } })
  })

  test('any database: 503, and not ready', async () => {
    await Promise.all([proxies.primary.down(), proxies.replica.down()])
    const refused = await ask('/api/users')
    expect(await refused.json()).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE' })
    expect((await ask('/health/ready')).status).toBe(503)
    expect((await ask('/health/live')).status).toBe(200)
  })
})
