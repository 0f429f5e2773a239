/** Ten thousand requests to four processes for one page that is not cached: one query, by what the responses say. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createDatabase } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, type TestDatabase } from '@roundtrip/postgres/test-database'
import { parseServerTiming } from '@roundtrip/http'
import { createLogger } from '@roundtrip/service'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seed } from './seed.ts'
import { ownRedis } from './testing/own-redis.ts'
import { neverTooMuch, testSecret } from './testing/settings.ts'

const log = createLogger('app', 'stampede-test', 'fatal')
const sampled = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
const main = fileURLToPath(new URL('main.ts', import.meta.url))

let fresh: TestDatabase
let cache: Redis
let processes: ChildProcess[] = []
let origins: string[] = []

const startProcess = async (env: Record<string, string>): Promise<string> => {
  const child = fork(main, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  processes.push(child)
  const [ready] = (await once(child, 'message')) as [{ listeners: { http: string } }]
  return ready.listeners.http
}

beforeAll(async () => {
  const { cacheUrl, queueUrl, redisPassword } = await ownRedis()
  fresh = await createTestDatabase()
  const { primaryUrl, replicaUrl, password } = fresh
  await migrate({ url: primaryUrl, password, folder: fileURLToPath(new URL('../migrations', import.meta.url)), log })
  const database = createDatabase({ primaryUrl, password, log, writeTimeoutMs: 60_000 })
  await database.write(seed)
  await database.close()
  await fresh.replicated()
  cache = new Redis(cacheUrl, { password: redisPassword })
  const env = {
    APP_PORT: '0',
    APP_PRIMARY_URL: primaryUrl,
    APP_REPLICA_URLS: replicaUrl,
    APP_DATABASE_PASSWORD: password,
    APP_CACHE_URL: cacheUrl,
    APP_QUEUE_URL: queueUrl,
    APP_REDIS_PASSWORD: redisPassword,
    APP_SECRET: testSecret,
    ...neverTooMuch,
    // A process that gives a command up loads by itself, and a busy machine stops for longer than usual.
    APP_CACHE_TIMEOUT_MS: '20000',
    SERVICE_LOG_LEVEL: 'error',
  }
  origins = await Promise.all([1, 2, 3, 4].map((n) => startProcess({ ...env, SERVICE_INSTANCE: `app-${n}` })))
})

afterAll(async () => {
  await Promise.all(
    processes.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    }),
  )
  cache.disconnect()
  await fresh.drop()
})

/** Sent all at once, to the processes in turn. @returns how many of them took the database to answer */
const queriesOf = async (path: string, requests: number): Promise<number> => {
  const isQuery = async (_: unknown, index: number): Promise<boolean> => {
    const response = await fetch(`${origins[index % origins.length]}${path}`, { headers: sampled })
    expect(response.status).toBe(200)
    await response.arrayBuffer()
    return parseServerTiming(response.headers.get('server-timing') ?? '').some(({ name }) => name === 'db')
  }
  const took = await Promise.all(Array.from({ length: requests }, isQuery))
  return took.filter(Boolean).length
}

test('a page that nobody has asked for takes one query; so does one that has expired, under load', async () => {
  const path = '/api/products?limit=41'
  expect({ first: await queriesOf(path, 10_000) }).toEqual({ first: 1 })
  await cache.pexpire('app:2:entry:list:41:0', 300_001) // What is left is kept for the case that a load fails.
  let queries = 0
  while (queries === 0) queries = await queriesOf(path, 400) // Until memory asks Redis again.
  expect(queries + (await queriesOf(path, 4_000))).toBe(1)
}, 120_000)
