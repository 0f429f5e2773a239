/** Every route with its real queries: none reads a whole table, whatever it will grow to. */
import { randomUUID } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { fileURLToPath } from 'node:url'
import type { Order, Product } from '@roundtrip/contracts'
import { createDatabase, type Database } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, type TestDatabase } from '@roundtrip/postgres/test-database'
import { foreignKeysWithoutIndex, recordPlans, type PlanRecorder } from '@roundtrip/postgres/test-plans'
import { createLogger, type Component } from '@roundtrip/service'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seed } from './seed.ts'
import { startApp } from './start.ts'
import { addToken } from './testing/accounts.ts'
import { useContract } from './testing/contract.ts'
import { ownRedis } from './testing/own-redis.ts'
import { ownSettings } from './testing/settings.ts'
import { useAccounts } from './testing/use-accounts.ts'
import { useShop } from './testing/use-shop.ts'

useContract()

/** Tables that are read whole on purpose, with the reason why they stay small. */
const bounded: Readonly<Record<string, string>> = {}

/** On top of the seed, where its size alone would make another plan the better one. */
const growth = [
  `insert into outbox (queue, name, payload, sent_at) select 'sent', 'n', '{}', now() from generate_series(1, 5000)`,
  // In a small catalogue a search had better look at every product.
  `insert into products (slug, name, description, price_cents, stock)
   select 'grown-' || n, 'Grown ' || n, 'Number ' || n, 100, 1 from generate_series(1, 10000) as n`,
  `insert into idempotency_keys (key, request_hash, response) select n, '', '{}' from generate_series(1, 5000) as n`,
  'insert into accounts (user_id) select id from users',
  `insert into api_tokens (user_id, name, token_hash, scopes, expires_at)
   select 1 + n % 1000, 'grown', sha256(n::text::bytea), '{}', now() from generate_series(1, 5000) as n`,
  'insert into carts (token_hash) select sha256(n::text::bytea) from generate_series(1, 5000) as n',
  'insert into cart_items (cart_id, product_id, quantity) select id, 1, 1 from carts',
  'analyze outbox, products, idempotency_keys, accounts, api_tokens, carts, cart_items',
]

const log = createLogger('app', 'plans-test', 'fatal')
const routes = new Set<string>()
const answered = new Set<string>()

let fresh: TestDatabase
let database: Database
let app: Component
let recorder: PlanRecorder

/** Fastify's own announcements: new routes are known here without being listed. */
const onInstance = (message: unknown): void => {
  const { fastify } = message as { readonly fastify: FastifyInstance }
  fastify.addHook('onRoute', ({ method, url }: RouteOptions) => {
    for (const each of [method].flat()) if (each !== 'HEAD') routes.add(`${each} ${url}`)
  })
  fastify.addHook('onResponse', async ({ method, routeOptions }, { statusCode }) => {
    if (statusCode < 400) answered.add(`${method} ${routeOptions.url}`)
  })
}

beforeAll(async () => {
  const { cacheUrl, queueUrl, redisPassword } = await ownRedis()
  fresh = await createTestDatabase()
  const { primaryUrl, replicaUrl, password } = fresh
  await migrate({ url: primaryUrl, password, folder: fileURLToPath(new URL('../migrations', import.meta.url)), log })
  database = createDatabase({ primaryUrl, password, log, writeTimeoutMs: 60_000 })
  await database.write(seed)
  await database.write(async (tx) => {
    for (const statement of growth) await tx.query(statement)
  })
  recorder = recordPlans()
  subscribe('fastify.initialization', onInstance)
  app = await startApp({
    settings: {
      ...ownSettings,
      primaryUrl,
      replicaUrls: [replicaUrl],
      databasePassword: password,
      cacheUrl,
      queueUrl,
      redisPassword,
    },
    log,
    instance: 'app-plans',
  })
})

afterAll(async () => {
  unsubscribe('fastify.initialization', onInstance)
  await app.drain()
  await app.close()
  await database.close()
  recorder.stop()
  await fresh.drop()
})

const ask = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
  const isForm = body instanceof URLSearchParams
  const response = await fetch(`${app.listeners['http']}${path}`, {
    method,
    redirect: 'manual',
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    headers: { ...(body !== undefined && !isForm && { 'content-type': 'application/json' }), ...headers },
  })
  expect([method, path, response.status]).toEqual([method, path, expect.toSatisfy((status: number) => status < 400)])
  return response
}

const textsSeen = async (): Promise<string[]> => (await recorder.plans(fresh)).map(({ text }) => text)

/** A client's way through the shop that answers every route at least once. New routes get their request here. */
const useEveryRoute = async (): Promise<void> => {
  const list = (await (await ask('GET', '/api/products?limit=5')).json()) as { nextCursor?: string }
  for (const path of [
    '/health/live',
    '/health/startup',
    '/health/ready',
    '/openapi.json',
    '/',
    '/api/users',
    '/user/v1/list',
  ]) {
    await ask('GET', path)
  }
  await ask('GET', `/?cursor=${list.nextCursor}`)
  await ask('GET', `/api/products?cursor=${list.nextCursor}`)
  // A rare word: for a common one it is right to go through products in order until there are enough.
  await ask('GET', '/api/products?q=quintessential')
  const fields = { name: 'Planned Table', description: 'oak', priceCents: 100, stock: 9 }
  const staff = { authorization: `Bearer ${await addToken(database, 'staff')}` }
  const added = (await (await ask('POST', '/api/products', fields, staff)).json()) as Product
  const { id, slug } = added
  await ask('GET', `/api/products/${id}`)
  await ask('GET', `/products/${slug}`)
  const always = { ...staff, 'if-match': '*' }
  await ask('PATCH', `/api/products/${id}`, { stock: 8 }, { ...always, 'content-type': 'application/merge-patch+json' })
  await ask('PUT', `/api/products/${id}`, { ...fields, slug }, always)
  const customer = { name: 'Alice', email: 'alice@example.com' }
  const lines = [{ productId: id, quantity: 1 }]
  const placed = await ask('POST', '/api/orders', { ...customer, lines }, { 'idempotency-key': 'planned' })
  const order = (await placed.json()) as Order
  await ask(
    'POST',
    '/orders',
    new URLSearchParams({ ...customer, productId: String(id), quantity: '1', key: randomUUID() }),
  )
  await ask('GET', `/api/orders/${order.id}`)
  await ask('GET', `/orders/${order.id}`)
  await useShop(app.listeners['http'] ?? '', database, id)
  await ask('DELETE', `/api/products/${id}`, undefined, always)
  await ask('PUT', `/api/products/${id}`, { ...fields, slug }, { ...staff, 'if-none-match': '*' })
}

test('no query of any route reads a whole table', async () => {
  await useEveryRoute()
  await useAccounts(app.listeners['http'] ?? '', database)
  // Each is noted after its response: the last one perhaps a moment later than it arrives here.
  await expect.poll(() => [...routes].filter((route) => !answered.has(route))).toEqual([])
  // The relay works by itself: it has been seen when it has marked what it published.
  await expect.poll(async () => (await textsSeen()).some((text) => text.startsWith('update outbox'))).toBe(true)
  // So does the removal of what is old.
  for (const removal of ['delete from outbox', 'delete from idempotency_keys', 'delete from carts']) {
    await expect.poll(async () => (await textsSeen()).some((text) => text.startsWith(removal))).toBe(true)
  }
  const plans = await recorder.plans(fresh)
  expect(plans.length).toBeGreaterThan(15)
  const found = plans.flatMap(({ text, plan, fullScans }) =>
    fullScans.filter(({ table }) => !(table in bounded)).map((scan) => ({ ...scan, text, plan })),
  )
  expect(JSON.stringify(found, undefined, 2)).toBe('[]')
})

test('every foreign key has an index', async () => {
  expect(await foreignKeysWithoutIndex(fresh)).toEqual([])
})
