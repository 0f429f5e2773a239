/** One order for each idempotency key, whatever breaks: against a real Postgres, over several instances. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Order, Product } from '@roundtrip/contracts'
import { createDatabase, type Database } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, dataTier, type TestDatabase } from '@roundtrip/postgres/test-database'
import { TestProxy } from '@roundtrip/postgres/test-proxy'
import { createLogger, type Component } from '@roundtrip/service'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startApp } from './start.ts'

const log = createLogger('app', 'idempotency-test', 'fatal')

let fresh: TestDatabase
let database: Database
let proxy: TestProxy
let behindProxy: Component
let direct: Component

const neighbours = () => {
  const { cacheUrl, queueUrl, redisPassword } = dataTier()
  return { cacheUrl: `${cacheUrl}/7`, queueUrl: `${queueUrl}/7`, redisPassword }
}

const start = (primaryUrl: string, instance: string): Promise<Component> =>
  startApp({
    settings: {
      ...neighbours(),
      host: '127.0.0.1',
      port: 0,
      primaryUrl,
      replicaUrls: [],
      databasePassword: fresh.password,
      publicOrigin: 'https://www.roundtrip.test:8443',
      maxBodyBytes: 10_485_760,
    },
    log,
    instance,
  })

beforeAll(async () => {
  fresh = await createTestDatabase()
  const { primaryUrl, password } = fresh
  await migrate({ url: primaryUrl, password, folder: fileURLToPath(new URL('../migrations', import.meta.url)), log })
  database = createDatabase({ primaryUrl, password, log })
  for (const url of [neighbours().cacheUrl, neighbours().queueUrl]) {
    const redis = new Redis(url, { password: neighbours().redisPassword })
    await redis.flushdb()
    redis.disconnect()
  }
  proxy = await TestProxy.to(primaryUrl)
  behindProxy = await start(proxy.url, 'app-1')
  direct = await start(primaryUrl, 'app-2')
})

afterEach(async () => {
  proxy.onSent = undefined
  proxy.thaw()
  await proxy.up()
})

afterAll(async () => {
  for (const app of [behindProxy, direct]) {
    await app.drain()
    await app.close()
  }
  await proxy.down()
  await database.close()
  await fresh.drop()
})

const urlOf = ({ listeners }: Component): string => listeners['http'] ?? ''

const post = (url: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })

const order = (url: string, body: unknown, key: string): Promise<Response> =>
  post(url, '/api/orders', body, { 'idempotency-key': key })

const addProduct = async (name: string, stock: number): Promise<Product> => {
  const fields = { name, description: 'for a test', priceCents: 1999, stock }
  return (await (await post(urlOf(direct), '/api/products', fields)).json()) as Product
}

const orderOf = (productId: number, quantity = 1) => ({
  name: 'Alice',
  email: 'alice@example.com',
  lines: [{ productId, quantity }],
})

interface Counts {
  readonly orders: number
  readonly mails: number
  readonly stock: number
}

/** What the database has of a product. */
const countsOf = async (productId: number): Promise<Counts | undefined> => {
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

/** Lets the COMMIT of the order with that key through to Postgres, and nothing back. The relay commits as well. */
const freezeAtCommit = (key: string): Promise<void> =>
  new Promise((resolve) => {
    let ordering: unknown
    proxy.onSent = (chunk, connection) => {
      if (chunk.includes(key)) ordering = connection
      if (connection !== ordering || !chunk.includes('commit;')) return
      proxy.onSent = undefined
      proxy.freeze()
      resolve()
    }
  })

const untilOrdered = async (productId: number): Promise<void> => {
  while ((await countsOf(productId))?.orders !== 1);
}

describe('the same key', () => {
  test('and the same order: the first answer again, from any instance', async () => {
    const { id } = await addProduct('Once', 10)
    const first = await order(urlOf(behindProxy), orderOf(id), 'once')
    const text = await first.text()
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null])
    const reordered = { lines: [{ quantity: 1, productId: id }], email: 'alice@example.com', name: 'Alice' }
    const again = await order(urlOf(direct), reordered, 'once')
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect([await again.text(), again.headers.get('location')]).toEqual([text, first.headers.get('location')])
    expect(await countsOf(id)).toEqual({ orders: 1, mails: 1, stock: 9 })
  })

  test('and another order: 422', async () => {
    const { id } = await addProduct('Reused', 10)
    await order(urlOf(direct), orderOf(id), 'reused')
    const refused = await order(urlOf(direct), orderOf(id, 2), 'reused')
    expect([refused.status, refused.headers.get('content-type')]).toEqual([422, 'application/problem+json'])
    expect(await refused.json()).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
    expect(await countsOf(id)).toEqual({ orders: 1, mails: 1, stock: 9 })
  })

  test('while the first is being carried out: 409 with Retry-After, then the first answer', async () => {
    const { id } = await addProduct('In Flight', 10)
    const held = Promise.withResolvers<void>()
    const holding = Promise.withResolvers<void>()
    const holder = database.write(async (tx) => {
      await tx.query('select from products where id = $1 for update', [id])
      holding.resolve()
      await held.promise
    })
    await holding.promise
    const both = [order(urlOf(behindProxy), orderOf(id), 'in-flight')]
    both.push(order(urlOf(direct), orderOf(id), 'in-flight'))
    // One of them has the key and waits for the product; the other one is answered at once.
    const refused = await Promise.race(both)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([409, '1'])
    expect(await refused.json()).toMatchObject({ code: 'IDEMPOTENCY_KEY_IN_FLIGHT' })
    held.resolve()
    await holder
    const statuses = (await Promise.all(both)).map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([201, 409])
    expect((await order(urlOf(direct), orderOf(id), 'in-flight')).headers.get('idempotency-replayed')).toBe('true')
    expect(await countsOf(id)).toEqual({ orders: 1, mails: 1, stock: 9 })
  })

  test('after a refusal: tried again, for a refusal leaves nothing behind', async () => {
    const { id } = await addProduct('Refused', 0)
    expect((await order(urlOf(direct), orderOf(id), 'refused')).status).toBe(409)
    await database.write((tx) => tx.query('update products set stock = 1 where id = $1', [id]))
    expect((await order(urlOf(direct), orderOf(id), 'refused')).status).toBe(201)
  })
})

test.each(['', 'with space', 'ü', 'x'.repeat(256)])('a key that is none is refused: %j', async (key) => {
  const refused = await order(urlOf(direct), orderOf(1), key)
  expect(await refused.json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' })
})

test('a double click on a page orders once; the next page orders anew', async () => {
  const { id, slug } = await addProduct('Double Click', 10)
  const submit = async (key: string, quantity = '1'): Promise<string | null> => {
    const body = new URLSearchParams({ key, quantity, productId: String(id), name: 'Al', email: 'al@example.com' })
    const response = await fetch(`${urlOf(direct)}/orders`, { method: 'POST', body, redirect: 'manual' })
    expect(response.status).toBe(303)
    return response.headers.get('location')
  }
  const keyOfPage = async (): Promise<string> => {
    const page = await (await fetch(`${urlOf(direct)}/products/${slug}`)).text()
    return /name="key" value="([^"]+)"/.exec(page)?.[1] ?? ''
  }
  const key = await keyOfPage()
  const [first, second] = await Promise.all([submit(key), submit(key)])
  expect(first).toBe(second)
  expect(await submit(key, '2')).not.toBe(first)
  expect(await submit(await keyOfPage())).not.toBe(first)
  expect(await countsOf(id)).toEqual({ orders: 3, mails: 3, stock: 6 })
})

describe('after the COMMIT, before its answer,', () => {
  test('the connection is cut: the outcome is unknown until the key is sent again', async () => {
    const { id } = await addProduct('Cut', 10)
    const frozen = freezeAtCommit('cut-off')
    const unsure = order(urlOf(behindProxy), orderOf(id), 'cut-off')
    await frozen
    await untilOrdered(id)
    await proxy.down()
    const problem = (await (await unsure).json()) as { code: string; detail: string }
    expect(problem.code).toBe('WRITE_OUTCOME_UNKNOWN')
    expect(problem.detail).toContain('same Idempotency-Key')
    const resolved = await order(urlOf(direct), orderOf(id), 'cut-off')
    expect([resolved.status, resolved.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect(await countsOf(id)).toEqual({ orders: 1, mails: 1, stock: 9 })
  })

  test('the process is killed: another instance knows the order', async () => {
    const { id } = await addProduct('Killed', 10)
    const { child, url } = await forkApp()
    const frozen = freezeAtCommit('killed-process')
    const placed = order(url, orderOf(id), 'killed-process').then(
      ({ ok }) => ok,
      () => false,
    )
    await frozen
    await untilOrdered(id)
    child.kill('SIGKILL')
    expect(await placed).toBe(false)
    const resolved = await order(urlOf(direct), orderOf(id), 'killed-process')
    expect([resolved.status, resolved.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    const { id: orderId } = (await resolved.json()) as Order
    expect((await fetch(`${urlOf(direct)}/api/orders/${orderId}`)).status).toBe(200)
    expect(await countsOf(id)).toEqual({ orders: 1, mails: 1, stock: 9 })
  })
})

/** The application as a process of its own, behind the proxy. */
const forkApp = async (): Promise<{ child: ChildProcess; url: string }> => {
  const { cacheUrl, queueUrl, redisPassword } = neighbours()
  const env = {
    PATH: process.env['PATH'],
    APP_PORT: '0',
    APP_PRIMARY_URL: proxy.url,
    APP_DATABASE_PASSWORD: fresh.password,
    APP_CACHE_URL: cacheUrl,
    APP_QUEUE_URL: queueUrl,
    APP_REDIS_PASSWORD: redisPassword,
  }
  const child = fork(fileURLToPath(new URL('main.ts', import.meta.url)), { env, stdio: ['ignore', 'ignore', 2, 'ipc'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [ready] = (await once(child, 'message')) as [{ readonly listeners: Record<string, string> }]
  return { child, url: ready.listeners['http'] ?? '' }
}

test('200 buyers of 50 pieces, over two instances: 50 orders, and nothing is left', async () => {
  const { id } = await addProduct('Fifty Pieces', 50)
  const apps = [urlOf(behindProxy), urlOf(direct)]
  /** As a patient client: what may pass is tried again under the same key, with the other instance. */
  const buy = async (buyer: number): Promise<number> => {
    for (let attempt = 0; attempt < 50; attempt++) {
      const { status } = await order(apps[(buyer + attempt) % 2] ?? '', orderOf(id), `buyer-${buyer}`)
      if (status !== 503) return status
    }
    return 503
  }
  const statuses = await Promise.all(Array.from({ length: 200 }, (_, buyer) => buy(buyer)))
  const count = (wanted: number): number => statuses.filter((status) => status === wanted).length
  expect([count(201), count(409)]).toEqual([50, 150])
  expect(await countsOf(id)).toEqual({ orders: 50, mails: 50, stock: 0 })
  const page = await (await fetch(`${urlOf(direct)}/products/fifty-pieces`)).text()
  expect(page).toContain('sold out')
})
