/** A promotion while the former primary is alive and still takes writes: on a pair of its own. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDatabase, type Database } from './database.ts'
import type { Queryable } from './queryable.ts'
import { startOwnPair, type OwnPair } from './test-own-pair.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {} }

let pair: OwnPair
let database: Database

const insert = (n: number) => (tx: Queryable) => tx.query('insert into numbers values ($1)', [n])
const find = (n: number) => (queryable: Queryable) => queryable.query('select from numbers where n = $1', [n])
const onFormer = () => pair.ask<{ n: number }>(pair.primaryUrl, 'select n from numbers order by n')

beforeAll(async () => {
  pair = await startOwnPair()
  const { primaryUrl, replicaUrl, password } = pair
  database = createDatabase({ primaryUrl, replicaUrls: [replicaUrl], password, log })
  await database.write((tx) => tx.query('create table numbers (n int primary key)'))
})

afterAll(async () => {
  await database.close()
  await pair.stop()
})

test('what is open on the former primary is rolled back, and nothing more is written there', async () => {
  const { lsn } = await database.write(insert(1))
  while ((await database.read({ session: lsn }, find(1))).node !== 'replica-1');
  const began = Promise.withResolvers<void>()
  const fenced = Promise.withResolvers<void>()
  const caught = database.write(async (tx) => {
    await insert(2)(tx)
    began.resolve()
    await fenced.promise
  })
  await began.promise

  await pair.promoteReplica()
  while ((await database.health()).primary !== 'replica-1');
  fenced.resolve()
  await expect(caught).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })

  const written = await Promise.all([3, 4, 5].map((n) => database.write(insert(n))))
  expect(new Set(written.map(({ node }) => node))).toEqual(new Set(['replica-1']))
  expect(await onFormer()).toEqual([{ n: 1 }])
  expect((await database.health()).nodes).toEqual({ primary: 'fenced', 'replica-1': 'promoted' })
  expect(database.stats()['primary']).toMatchObject({ role: 'fenced', writes: { inUse: 0, waiting: 0 } })
})
