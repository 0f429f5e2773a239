/** An instance that cannot tell the cache of a change, and a visitor who goes on at another one: they see what they did. */
import { fileURLToPath } from 'node:url'
import type { Product } from '@roundtrip/contracts'
import { createDatabase } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, type TestDatabase } from '@roundtrip/postgres/test-database'
import { TestProxy } from '@roundtrip/postgres/test-proxy'
import { createLogger, type Component } from '@roundtrip/service'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp } from './start.ts'
import { orderOf, post } from './testing/instances.ts'
import { ownRedis } from './testing/own-redis.ts'
import { ownSettings } from './testing/settings.ts'

const log = createLogger('app', 'own-writes-test', 'fatal')

let fresh: TestDatabase
/** Between the first instance and Redis. */
let line: TestProxy
let apps: Component[]
let product: Pick<Product, 'id' | 'stock'>

beforeAll(async () => {
  const { cacheUrl, queueUrl, redisPassword } = await ownRedis()
  fresh = await createTestDatabase()
  const { primaryUrl, replicaUrl, password: databasePassword } = fresh
  const folder = fileURLToPath(new URL('../migrations', import.meta.url))
  await migrate({ url: primaryUrl, password: databasePassword, folder, log })
  const database = createDatabase({ primaryUrl, password: databasePassword, log })
  const { value } = await database.write((tx) =>
    tx.query<Product>(
      `insert into products (slug, name, description, price_cents, stock) values ('lamp', 'Lamp', '', 100, 1000)
       returning id, stock`,
    ),
  )
  await database.close()
  await fresh.replicated()
  product = value[0] ?? { id: 0, stock: 0 }
  line = await TestProxy.to(cacheUrl)
  const settings = {
    ...ownSettings,
    queueUrl,
    primaryUrl,
    replicaUrls: [replicaUrl],
    databasePassword,
    redisPassword,
  }
  apps = [
    await startApp({ settings: { ...settings, cacheUrl: line.url }, log, instance: 'app-1' }),
    await startApp({ settings: { ...settings, cacheUrl }, log, instance: 'app-2' }),
  ]
})

afterAll(async () => {
  for (const app of apps) {
    await app.drain()
    await app.close()
  }
  await line.down()
  await fresh.drop()
})

const urlOf = (index: number): string => apps[index]?.listeners['http'] ?? ''

const stockAt = async (index: number, headers: Record<string, string> = {}): Promise<number> => {
  const response = await fetch(`${urlOf(index)}/api/products/${product.id}`, { headers })
  return ((await response.json()) as Product).stock
}

test('by cookie and by field, though the other instance and Redis have what was before', async () => {
  await line.down()
  for (let stock = product.stock - 1; stock >= product.stock - 10; stock--) {
    await stockAt(1) // From now on in its memory, and in Redis.
    const ordered = await post(`${urlOf(0)}/api/orders`, orderOf(product.id))
    expect(ordered.status).toBe(201)
    const cookie = ordered.headers.getSetCookie().map((field) => field.split(';', 1)[0])
    expect(await stockAt(1, { cookie: cookie.join('; ') })).toBe(stock)
    expect(await stockAt(1, { 'x-session-position': ordered.headers.get('x-session-position') ?? '' })).toBe(stock)
  }
})
