/** An edge asks again in the moment in which it hears of a change: what it then gets, and keeps, is never what was before. */
import { fileURLToPath } from 'node:url'
import { purgeKeys, purgeLogKey, type Product } from '@roundtrip/contracts'
import { createDatabase, type Database } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { startOwnPair, type OwnPair } from '@roundtrip/postgres/test-own-pair'
import { createLogger, type Component } from '@roundtrip/service'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp } from '../start.ts'
import { orderOf, post } from '../testing/instances.ts'
import { ownRedis } from '../testing/own-redis.ts'
import { ownSettings } from '../testing/settings.ts'

const log = createLogger('app', 'purge-order-test', 'fatal')
const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))

let pair: OwnPair
let database: Database
let apps: Component[]
let redis: Redis
let product: Pick<Product, 'id' | 'stock'>

const pauseReplay = (paused: boolean) =>
  pair.ask(pair.replicaUrl, `select pg_wal_replay_${paused ? 'pause' : 'resume'}()`)

beforeAll(async () => {
  const { cacheUrl, queueUrl, redisPassword } = await ownRedis()
  redis = new Redis(cacheUrl, { password: redisPassword })
  pair = await startOwnPair()
  const { primaryUrl, replicaUrl, password } = pair
  await migrate({ url: primaryUrl, password, folder: migrations, log })
  database = createDatabase({ primaryUrl, password, log })
  const { value } = await database.write((tx) =>
    tx.query<Product>(
      `insert into products (slug, name, description, price_cents, stock) values ('lamp', 'Lamp', '', 100, 1000)
       returning id, stock`,
    ),
  )
  product = value[0] ?? { id: 0, stock: 0 }
  const settings = {
    ...ownSettings,
    primaryUrl,
    replicaUrls: [replicaUrl],
    databasePassword: password,
    cacheUrl,
    queueUrl,
    redisPassword,
    purgeUrl: cacheUrl,
    purgePassword: redisPassword,
  }
  apps = [await startApp({ settings, log, instance: 'app-1' }), await startApp({ settings, log, instance: 'app-2' })]
})

afterAll(async () => {
  for (const app of apps) {
    await app.drain()
    await app.close()
  }
  await database.close()
  redis.disconnect()
  await pair.stop()
})

const at = (index: number): string => apps[index]?.listeners['http'] ?? ''

const stockAt = async (index: number, headers: Record<string, string> = {}): Promise<number> => {
  const response = await fetch(`${at(index)}/api/products/${product.id}`, { headers })
  expect(response.headers.get('surrogate-key')).toContain(purgeKeys.product(product.id))
  return ((await response.json()) as Product).stock
}

/** As an edge follows it. @returns resolves with the first purge of the product after the call */
const purged = async (after: string): Promise<void> => {
  let last = after
  for (;;) {
    const found = await redis.xread('BLOCK', 10_000, 'STREAMS', purgeLogKey, last)
    const [[, entries] = ['', []]] = found ?? []
    if (entries.some(([, [, text = '']]) => text.includes(`"${purgeKeys.product(product.id)}"`))) return
    last = entries.at(-1)?.[0] ?? last
  }
}

const lastPurge = async (): Promise<string> => (await redis.xrevrange(purgeLogKey, '+', '-', 'COUNT', 1))[0]?.[0] ?? '0'

/** What an edge gets that asks at each instance as soon as it has heard of the change, as `http-cache` then asks. */
const seenAfter = async (change: () => Promise<unknown>): Promise<number[]> => {
  // Both have the old one in memory and in Redis.
  await Promise.all([stockAt(0), stockAt(1), stockAt(0), stockAt(1)])
  const since = await lastPurge()
  const [seen] = await Promise.all([
    purged(since).then(() => Promise.all([0, 1].map((index) => stockAt(index, { 'cache-control': 'max-age=0' })))),
    change(),
  ])
  return seen
}

test('after an order, while the replica stands still', async () => {
  await pauseReplay(true)
  try {
    for (let stock = product.stock - 1; stock >= product.stock - 25; stock--) {
      const place = () => post(`${at(stock % 2)}/api/orders`, orderOf(product.id))
      expect(await seenAfter(place)).toEqual([stock, stock])
    }
  } finally {
    await pauseReplay(false)
  }
})

test('after a change of which no instance was told, as when the one that made it has died', async () => {
  await pauseReplay(true)
  try {
    for (const stock of [7, 6, 5]) {
      const byHand = () => database.write((tx) => tx.query('update products set stock = $1', [stock]))
      expect(await seenAfter(byHand)).toEqual([stock, stock])
    }
  } finally {
    await pauseReplay(false)
  }
})
