/** Whoever has written reads nothing older than they have read, at any instance, also of what others have changed. */
import { fileURLToPath } from 'node:url'
import type { Product } from '@roundtrip/contracts'
import { createDatabase, type Database, type Queryable } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { startOwnPair, type OwnPair } from '@roundtrip/postgres/test-own-pair'
import { createLogger, type Component } from '@roundtrip/service'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startApp } from './start.ts'
import { addToken } from './testing/accounts.ts'
import { useContract } from './testing/contract.ts'
import { order, orderOf, post } from './testing/instances.ts'
import { ownRedis } from './testing/own-redis.ts'
import { ownSettings } from './testing/settings.ts'

useContract()

const log = createLogger('app', 'monotonic-reads-test', 'fatal')

let pair: OwnPair
let database: Database
let apps: Component[] = []
/** One reads on the primary, the other one on a replica that is held back. */
let ahead: string
let behind: string
let staff: Record<string, string>

beforeAll(async () => {
  pair = await startOwnPair()
  const { primaryUrl, replicaUrl, password } = pair
  await migrate({ url: primaryUrl, password, folder: fileURLToPath(new URL('../migrations', import.meta.url)), log })
  database = createDatabase({ primaryUrl, replicaUrls: [replicaUrl], password, log })
  staff = { authorization: `Bearer ${await addToken(database, 'staff')}` }
  const { queueUrl, redisPassword } = await ownRedis()
  const settings = {
    ...ownSettings,
    primaryUrl,
    databasePassword: password,
    queueUrl,
    redisPassword,
    // Where nobody listens: without the cache that they share they hear nothing of each other's changes.
    cacheUrl: 'redis://127.0.0.1:1',
  }
  apps = [
    await startApp({ settings: { ...settings, replicaUrls: [] }, log, instance: 'app-1' }),
    await startApp({ settings: { ...settings, replicaUrls: [replicaUrl] }, log, instance: 'app-2' }),
  ]
  ;[ahead = '', behind = ''] = apps.map(({ listeners }) => listeners['http'])
})

afterEach(() => pair.ask(pair.replicaUrl, 'select pg_wal_replay_resume()'))

afterAll(async () => {
  for (const app of apps) {
    await app.drain()
    await app.close()
  }
  await database.close()
  await pair.stop()
})

const addProduct = async (name: string): Promise<Product> => {
  const fields = { name, description: 'for a test', priceCents: 1999, stock: 5 }
  return (await (await post(`${ahead}/api/products`, fields, staff)).json()) as Product
}

// Work that waits for nothing would keep the monitor from ever being heard.
const ask = (queryable: Queryable) => queryable.query('select 1')

/** Everything that is committed can be read on the replica, and nothing that is committed from now on. */
const holdBack = async (): Promise<void> => {
  const { lsn } = await database.write(async () => undefined)
  while ((await database.read({ session: lsn }, ask)).node !== 'replica-1');
  await pair.ask(pair.replicaUrl, 'select pg_wal_replay_pause()')
}

type Remembered = Record<string, string>

/** As a browser keeps them. */
const keepCookies = (jar: Map<string, string>, response: Response): Remembered => {
  for (const line of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
    jar.set(name, value)
  }
  return { cookie: [...jar].map((one) => one.join('=')).join('; ') }
}

const keepField = (before: Remembered, response: Response): Remembered => {
  const given = response.headers.get('x-session-position')
  return given === null ? before : { 'x-session-position': given }
}

const keepers = {
  'in cookies': () => {
    const jar = new Map<string, string>()
    return (response: Response): Remembered => keepCookies(jar, response)
  },
  'in the field': () => {
    let kept: Remembered = {}
    return (response: Response): Remembered => (kept = keepField(kept, response))
  },
}

const pathsOf = ({ id, slug, name }: Product) => [
  `/api/products/${id}`,
  `/api/products?limit=50`,
  `/api/products?q=${encodeURIComponent(name)}`,
  `/products/${slug}`,
]

const changeTo = (text: string, { id, version }: Product): Promise<Response> =>
  fetch(`${ahead}/api/products/${id}`, {
    method: 'PATCH',
    body: JSON.stringify({ description: text }),
    headers: { ...staff, 'content-type': 'application/merge-patch+json', 'if-match': `"${id}-${version}"` },
  })

test.each(Object.entries(keepers))('with what has been read %s', async (name, keeper) => {
  const [bought, changed] = [await addProduct(`Bought ${name}`), await addProduct(`Changed ${name}`)]
  const remember = keeper()
  const ordered = await order(ahead, orderOf(bought.id), name.replaceAll(' ', '-'))
  expect(ordered.status).toBe(201)
  let visitor = remember(ordered)
  const read = async (url: string): Promise<string> => {
    const response = await fetch(url, { headers: visitor })
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'private, no-store'])
    visitor = remember(response)
    return response.text()
  }
  const changedText = `Something else ${name}`
  await holdBack()
  // The replica and the memory of this instance have all that the visitor has written.
  for (const path of pathsOf(changed)) expect(await read(behind + path)).not.toContain(changedText)
  expect((await changeTo(changedText, changed)).status).toBe(200)
  for (const path of pathsOf(changed)) {
    expect(await read(ahead + path)).toContain(changedText)
    expect(await read(behind + path)).toContain(changedText)
  }
})

test('who has written nothing is handed out nothing', async () => {
  const { id } = await addProduct('Looked at')
  for (const path of [`/api/products/${id}`, '/api/users', '/cart']) {
    const { status, headers } = await fetch(ahead + path)
    expect([path, status, headers.get('x-session-position')]).toEqual([path, 200, null])
    expect(headers.getSetCookie().filter((line) => line.includes('position'))).toEqual([])
  }
})
