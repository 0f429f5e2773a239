/** For tests only: two instances of the application on a database of their own, one of them behind a proxy. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Product } from '@roundtrip/contracts'
import { createDatabase, type Database } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase } from '@roundtrip/postgres/test-database'
import { TestProxy } from '@roundtrip/postgres/test-proxy'
import { createLogger, type Component } from '@roundtrip/service'
import type { AppSettings } from '../config.ts'
import { startApp } from '../start.ts'
import { addToken } from './accounts.ts'
import { patiently } from './customers.ts'
import { ownRedis } from './own-redis.ts'
import { neverTooMuch, ownSettings, testSecret } from './settings.ts'

export interface Counts {
  readonly orders: number
  readonly mails: number
  readonly stock: number
}

export interface Forked {
  readonly child: ChildProcess
  readonly url: string
  /** Of its health listener, when it was given a port. */
  readonly health: string
}

export interface Instances {
  readonly database: Database
  /** Past the proxy, which lives in the process of the test. */
  readonly primaryUrl: string
  /** Between Postgres and the first instance, as well as forked ones. */
  readonly proxy: TestProxy
  readonly behindProxy: string
  readonly direct: string
  /** Header fields of somebody who may change products. */
  readonly staff: Readonly<Record<string, string>>
  /** The application as a process of its own, behind the proxy. */
  fork(environment?: Readonly<Record<string, string>>): Promise<Forked>
  addProduct(name: string, stock: number): Promise<Product>
  /** What the database has of a product. */
  countsOf(productId: number): Promise<Counts | undefined>
  close(): Promise<void>
}

export const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })

/** Orders at the instance with that URL. */
export const order = (url: string, body: unknown, key: string): Promise<Response> =>
  post(`${url}/api/orders`, body, { 'idempotency-key': key })

export const orderOf = (productId: number, quantity = 1) => ({
  name: 'Alice',
  email: 'alice@example.com',
  lines: [{ productId, quantity }],
})

const log = createLogger('app', 'instances-test', 'fatal')
const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
const main = fileURLToPath(new URL('../main.ts', import.meta.url))

/**
 * @param changed settings of both instances
 */
export const startInstances = async (changed: Partial<Pick<AppSettings, 'cacheUrl'>> = {}): Promise<Instances> => {
  const { cacheUrl, queueUrl, redisPassword } = await ownRedis()
  const fresh = await createTestDatabase()
  const { primaryUrl, password } = fresh
  await migrate({ url: primaryUrl, password, folder: migrations, log })
  const database = createDatabase({ primaryUrl, password, log })
  const proxy = await TestProxy.to(primaryUrl)
  const neighbours = { databasePassword: password, replicaUrls: [], cacheUrl, queueUrl, redisPassword, ...changed }
  const apps = [await startOne('app-1', proxy.url, neighbours), await startOne('app-2', primaryUrl, neighbours)]
  const staff = { authorization: `Bearer ${await addToken(database, 'staff')}` }
  const [behindProxy = '', direct = ''] = apps.map(({ listeners }) => listeners['http'])
  return {
    database,
    primaryUrl,
    proxy,
    behindProxy,
    direct,
    staff,
    fork: (environment = {}) =>
      forkApp({
        APP_PORT: '0',
        APP_PRIMARY_URL: proxy.url,
        APP_DATABASE_PASSWORD: password,
        APP_CACHE_URL: cacheUrl,
        APP_QUEUE_URL: queueUrl,
        APP_REDIS_PASSWORD: redisPassword,
        APP_SECRET: testSecret,
        ...environment,
      }),
    addProduct: (name, stock) => addProduct(direct, staff, name, stock),
    countsOf: (productId) => countsOf(database, productId),
    close: async () => {
      await closeAll(apps)
      await proxy.down()
      await database.close()
      await fresh.drop()
    },
  }
}

type Neighbours = Pick<AppSettings, 'databasePassword' | 'replicaUrls' | 'cacheUrl' | 'queueUrl' | 'redisPassword'>

const startOne = (instance: string, primaryUrl: string, neighbours: Neighbours): Promise<Component> =>
  startApp({ settings: { ...ownSettings, ...neighbours, primaryUrl }, log, instance })

const forkApp = async (env: NodeJS.ProcessEnv): Promise<Forked> => {
  const child = fork(main, { env: { ...neverTooMuch, ...env }, stdio: ['ignore', 'ignore', 2, 'ipc'] })
  const ended = once(child, 'exit').then(([status]) => {
    throw new Error(`the application ended with status ${status} before it was ready`)
  })
  ended.catch(() => undefined)
  const [ready] = (await Promise.race([once(child, 'message'), ended])) as [
    { readonly listeners: Record<string, string>; readonly health?: string },
  ]
  return { child, url: ready.listeners['http'] ?? '', health: ready.health ?? '' }
}

const addProduct = async (
  url: string,
  staff: Record<string, string>,
  name: string,
  stock: number,
): Promise<Product> => {
  const fields = { name, description: 'for a test', priceCents: 1999, stock }
  const added = await patiently(() => post(`${url}/api/products`, fields, staff))
  if (added.status !== 201) throw new Error(`${name} was not added: ${await added.text()}`)
  return (await added.json()) as Product
}

/** For a lock, in that database. */
export const untilSomebodyWaits = async (database: Database): Promise<void> => {
  while (!(await isSomebodyWaiting(database)));
}

const isSomebodyWaiting = async (database: Database): Promise<boolean> => {
  const { value } = await database.read('strong', (queryable) =>
    queryable.query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`),
  )
  return value.length > 0
}

const countsOf = async (database: Database, productId: number): Promise<Counts | undefined> => {
  const { value } = await database.read('strong', (queryable) =>
    queryable.query<Counts>(
      `select stock, (select count(*)::int from order_lines where product_id = $1) as orders,
         (select count(*)::int from outbox where payload @> jsonb_build_object('lines', jsonb_build_array(
           jsonb_build_object('productId', $1::int)))) as mails
       from products where id = $1`,
      [productId],
    ),
  )
  return value[0]
}

const closeAll = async (apps: readonly Component[]): Promise<void> => {
  for (const app of apps) {
    await app.drain()
    await app.close()
  }
}
