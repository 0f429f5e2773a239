/** Shutdown: what is in flight ends well, nothing new is taken, nothing is left open. */
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { createDatabase, type Database } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, type TestDatabase } from '@roundtrip/postgres/test-database'
import { createLogger, type Component } from '@roundtrip/service'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seed } from './seed.ts'
import { startApp } from './start.ts'
import { addToken } from './testing/accounts.ts'
import { ownRedis } from './testing/own-redis.ts'
import { ownSettings } from './testing/settings.ts'

const log = createLogger('app', 'drain-test', 'fatal')

let fresh: TestDatabase
let database: Database
let app: Component

beforeEach(async () => {
  const { cacheUrl, queueUrl, redisPassword } = await ownRedis()
  fresh = await createTestDatabase()
  const { primaryUrl, password } = fresh
  await migrate({ url: primaryUrl, password, folder: fileURLToPath(new URL('../migrations', import.meta.url)), log })
  database = createDatabase({ primaryUrl, password, log, writeTimeoutMs: 60_000 })
  await database.write(seed)
  app = await startApp({
    settings: {
      ...ownSettings,
      primaryUrl,
      replicaUrls: [],
      databasePassword: password,
      cacheUrl,
      queueUrl,
      redisPassword,
      publicOrigin: 'https://www.roundtrip.test:8443',
      maxBodyBytes: 1000,
    },
    log,
    instance: 'app-test',
  })
})

afterEach(async () => {
  await app.close()
  await database.close()
  await fresh.drop()
})

const ask = (path: string, init?: RequestInit) => fetch(`${app.listeners['http']}${path}`, init)

/** A PATCH that waits for a lock which `release` lets go of. */
const requestInFlight = async () => {
  const locked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const holder = database.write(async (tx) => {
    await tx.query('select from products where id = 1 for update')
    locked.resolve()
    await released.promise
  })
  await locked.promise
  const authorization = `Bearer ${await addToken(database, 'staff')}`
  const headers = { authorization, 'content-type': 'application/merge-patch+json', 'if-match': '*' }
  const response = ask('/api/products/1', { method: 'PATCH', headers, body: '{"stock":1}' })
  const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
  while ((await database.read('eventual', (queryable) => queryable.query(waiting))).value.length === 0);
  const release = async (): Promise<void> => {
    released.resolve()
    await holder
  }
  return { response, release }
}

test('draining waits for the request in flight, which is answered and closes its connection', async () => {
  const { response, release } = await requestInFlight()
  const drained = app.drain()
  await expect(app.health()).resolves.toMatchObject({ ready: false, checks: { draining: 'yes' } })
  await expect(ask('/api/users')).rejects.toThrow('fetch failed')
  await release()
  const { status, headers } = await response
  expect([status, headers.get('connection')]).toEqual([200, 'close'])
  await drained
})

test('a request on a connection that was kept is answered while draining, and is the last one there', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const askKept = async (): Promise<(number | string | undefined)[]> => {
    const [response] = await once(get(`${app.listeners['http']}/api/users`, { agent }), 'response')
    const { statusCode, headers } = response as IncomingMessage
    await text(response as IncomingMessage)
    return [statusCode, headers.connection]
  }
  expect(await askKept()).toEqual([200, 'keep-alive'])
  const drained = app.drain()
  expect(await askKept()).toEqual([200, 'close'])
  await drained
})

test('closing without waiting breaks off what is still running', async () => {
  const { response, release } = await requestInFlight()
  await Promise.all([expect(response).rejects.toThrow('fetch failed'), app.close()])
  await release()
})
