/** Several replicas: here one and the same server under two addresses, the line to one of which is cut. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDatabase, type Database } from './database.ts'
import type { Queryable } from './queryable.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'
import { TestProxy } from './test-proxy.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {} }

let fresh: TestDatabase
let line: TestProxy
let database: Database
let now = performance.now()

const one = (queryable: Queryable) => queryable.query('select 1')

/** How many of forty reads at once each replica got. */
const shares = async (): Promise<Record<string, number | undefined>> => {
  const served = await Promise.all(Array.from({ length: 40 }, () => database.read('eventual', one)))
  const byNode = Object.groupBy(served, ({ node }) => node)
  return Object.fromEntries(Object.entries(byNode).map(([node, reads]) => [node, reads?.length]))
}

beforeAll(async () => {
  fresh = await createTestDatabase()
  line = await TestProxy.to(fresh.replicaUrl)
  const { primaryUrl, replicaUrl, password } = fresh
  const replicaUrls = [replicaUrl, line.url]
  database = createDatabase({
    primaryUrl,
    replicaUrls,
    password,
    log,
    clock: () => now,
    rampMs: 1_000,
    // A read goes to the next replica when the one chosen is too slow: not for a busy machine's sake.
    connectTimeoutMs: 20_000,
    poolWaitMs: 20_000,
    probeTimeoutMs: 20_000,
  })
})

afterAll(async () => {
  await database.close()
  await line.down()
  await fresh.drop()
})

test('share the reads; when one dies no read fails; returning it gets its share back bit by bit', async () => {
  expect(await shares()).toEqual({ 'replica-1': 20, 'replica-2': 20 })
  await line.down()
  expect(await shares()).toEqual({ 'replica-1': 40 })
  await line.up()
  while ((await database.health()).nodes['replica-2'] !== 'ok');
  expect(await shares()).toEqual({ 'replica-1': 37, 'replica-2': 3 })
  now += 500
  expect(await shares()).toEqual({ 'replica-1': 27, 'replica-2': 13 })
  now += 500
  expect(await shares()).toEqual({ 'replica-1': 20, 'replica-2': 20 })
})
