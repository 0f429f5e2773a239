/** Everything also works behind PgBouncer in transaction mode, which lends another server connection to each transaction. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase, type Database } from './database.ts'
import type { Queryable } from './queryable.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'
import { pgbouncer, startPgBouncer, type PgBouncer } from './test-pgbouncer.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {} }

const find = (n: number) => (queryable: Queryable) => queryable.query('select n from numbers where n = $1', [n])
const insert = (n: number) => (tx: Queryable) => tx.query('insert into numbers values ($1)', [n])

describe.skipIf(pgbouncer === undefined)('behind PgBouncer (skipped where it is not installed)', () => {
  let fresh: TestDatabase
  let pooler: PgBouncer
  let database: Database

  beforeAll(async () => {
    fresh = await createTestDatabase()
    const { primaryUrl, replicaUrl, password } = fresh
    pooler = await startPgBouncer(pgbouncer ?? '', [primaryUrl, replicaUrl], password)
    database = createDatabase({
      primaryUrl: pooler.url(primaryUrl),
      replicaUrls: [pooler.url(replicaUrl)],
      password,
      behindPooler: true,
      readTimeoutMs: 1_000,
      log,
    })
    await database.write((tx) => tx.query('create table numbers (n int primary key)'))
    await fresh.replicated()
  })

  afterAll(async () => {
    await database.close()
    await pooler.stop()
    await fresh.drop()
  })

  test('more units of work than it has connections, each write seen by its session', async () => {
    const pairs = Array.from({ length: 40 }, async (_, n) => {
      const { lsn } = await database.write(insert(n))
      return (await database.read({ session: lsn }, find(n))).value
    })
    expect(await Promise.all(pairs)).toEqual(Array.from({ length: 40 }, (_, n) => [{ n }]))
    await fresh.replicated()
    expect((await database.read('eventual', find(1))).node).toBe('replica-1')
    expect((await database.health()).nodes).toEqual({ primary: 'ok', 'replica-1': 'ok' })
  })

  test('a read tells up to where it has seen', async () => {
    const { lsn } = await database.write(insert(50))
    const { value, seen } = await database.read({ session: lsn }, find(50), { tellsPosition: true })
    expect([value, (seen ?? '') >= lsn]).toEqual([[{ n: 50 }], true])
  })

  test('reads cannot write, and are limited in time', async () => {
    await expect(database.read('strong', insert(100))).rejects.toMatchObject({ code: '25006' })
    const { value } = await database.read('strong', (q) => q.query('show statement_timeout'))
    expect(value).toEqual([{ statement_timeout: '1s' }])
    // Nothing of it is left on a connection that somebody else gets next.
    expect((await database.write((tx) => tx.query('show statement_timeout'))).value).toEqual([
      { statement_timeout: '5s' },
    ])
  })

  test('a broken write leaves nothing behind', async () => {
    const twice = database.write(async (tx) => {
      await insert(200)(tx)
      await insert(200)(tx)
    })
    await expect(twice).rejects.toMatchObject({ code: '23505' })
    expect((await database.read('strong', find(200))).value).toEqual([])
  })

  test('a deadline cancels the statement on the server', async () => {
    const deadlineMs = performance.now() + 50
    const sleeping = database.write((tx) => tx.query('select pg_sleep(3)'), { deadlineMs })
    await expect(sleeping).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    const active = `select from pg_stat_activity where query like 'select pg_sleep(3)%' and state = 'active'`
    while ((await database.read('strong', (q) => q.query(active))).value.length > 0);
  })
})
