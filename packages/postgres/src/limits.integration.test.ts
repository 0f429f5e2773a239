/** Deadlines, callers that go away, full pools, conflicts and outdated statements, on a real server. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase, type Database } from './database.ts'
import type { DatabaseOptions } from './database-options.ts'
import type { Queryable } from './queryable.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {} }

let fresh: TestDatabase
const open: Database[] = []

const connect = (options: Partial<DatabaseOptions> = {}): Database => {
  const { primaryUrl, replicaUrl, password } = fresh
  const database = createDatabase({ primaryUrl, replicaUrls: [replicaUrl], password, log, ...options })
  open.push(database)
  return database
}

const one = (queryable: Queryable) => queryable.query<{ one: number }>('select 1 as one')
const shapes = (queryable: Queryable) => queryable.query('select * from shapes where id = $1', [1])
const soon = () => ({ deadlineMs: performance.now() + 50 })

beforeAll(async () => {
  fresh = await createTestDatabase()
  await connect().write((tx) => tx.query('create table counters (id int primary key, n int not null)'))
  await connect().write((tx) => tx.query('insert into counters values (1, 0), (2, 0)'))
  await fresh.replicated()
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.close()))
})

afterAll(() => fresh.drop())

/** What sleeps on the server is given up within the test only if somebody cancels it. */
const sleeping = (tag: string) => (queryable: Queryable) => queryable.query(`select pg_sleep(60) /* ${tag} */`)
const isAsleep = async (database: Database, tag: string): Promise<boolean> => {
  const looking = `select from pg_stat_activity where query like $1 and state = 'active' and pid <> pg_backend_pid()`
  const { value } = await database.read('strong', (q) => q.query(looking, [`%pg_sleep(60) /* ${tag} */%`]))
  return value.length > 0
}

describe('a deadline', () => {
  test('cancels the statement that is running, and the next one finds a good connection', async () => {
    const database = connect({ poolMax: 1, readTimeoutMs: 60_000 })
    await expect(database.read('strong', sleeping('read'), soon())).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    while (await isAsleep(database, 'read'));
    expect((await database.read('strong', one)).value).toEqual([{ one: 1 }])
  })

  test('rolls a write back', async () => {
    const database = connect({ poolMax: 1, writeTimeoutMs: 60_000 })
    const write = database.write(async (tx) => {
      await tx.query('update counters set n = 77 where id = 1')
      await sleeping('write')(tx)
    }, soon())
    await expect(write).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    while (await isAsleep(database, 'write'));
    await database.write((tx) => tx.query('update counters set n = n + 1 where id = 1'))
    expect((await database.read('strong', (q) => q.query('select n from counters where id = 1'))).value).toEqual([
      { n: 1 },
    ])
  })

  test('holds for statements on the server as well', async () => {
    const database = connect()
    const timeoutOf = (options = {}) =>
      database.write((tx) => tx.query<{ statement_timeout: string }>('show statement_timeout'), options)
    expect((await timeoutOf()).value).toEqual([{ statement_timeout: '5s' }])
    const { value } = await timeoutOf({ deadlineMs: performance.now() + 3_000 })
    expect(value[0]?.statement_timeout).toMatch(/^([123]s|\d{1,4}ms)$/)
    expect((await timeoutOf()).value).toEqual([{ statement_timeout: '5s' }])
  })
})

test('a caller that goes away takes its statement along, and the connection is not used again', async () => {
  const [database, watcher] = [connect({ poolMax: 1, readTimeoutMs: 60_000 }), connect()]
  const backend = async () => (await database.read('strong', (q) => q.query('select pg_backend_pid()'))).value
  const before = await backend()
  expect(await backend()).toEqual(before)
  const caller = new AbortController()
  const read = database.read('strong', sleeping('left'), { signal: caller.signal })
  while (!(await isAsleep(watcher, 'left')));
  caller.abort(new Error('went away'))
  await expect(read).rejects.toThrow('went away')
  expect(await backend()).not.toEqual(before)
  while (await isAsleep(watcher, 'left'));
})

test('a caller that goes away while COMMIT is on its way gets the truth', async () => {
  const database = connect()
  const caller = new AbortController()
  const { lsn } = await database.write(
    async (tx) => {
      await tx.query('update counters set n = 5 where id = 2')
      // Once the work has ended and COMMIT is sent, before anything can be answered.
      setImmediate(() => caller.abort())
    },
    { signal: caller.signal },
  )
  expect(lsn).toMatch(/^[0-9A-F]{24}$/)
})

test('a full pool refuses after its wait, quickly, and serves again afterwards', async () => {
  const database = connect({ poolMax: 1, poolWaitMs: 20, poolMaxWaiting: 5, replicaUrls: [] })
  const held = Promise.withResolvers<void>()
  const holding = Promise.withResolvers<void>()
  const holder = database.write(async () => {
    holding.resolve()
    await held.promise
  })
  await holding.promise
  const refused = await Promise.allSettled(Array.from({ length: 50 }, () => database.write(one)))
  expect(refused.map((result) => result.status === 'rejected' && result.reason)).toEqual(
    Array.from({ length: 50 }, () =>
      expect.objectContaining({ code: 'DATABASE_BUSY', status: 503, details: { retryAfterSeconds: 1 } }),
    ),
  )
  expect((await database.read('strong', one)).value).toEqual([{ one: 1 }])
  held.resolve()
  await holder
  await database.write(one)
  expect(database.stats()['primary']?.writes).toEqual({ inUse: 0, waiting: 0 })
})

test('serializable transactions that meet are run again until all have passed', async () => {
  const database = connect()
  await database.write((tx) => tx.query('update counters set n = 0'))
  const add = () =>
    database.write(
      async (tx) => {
        const [row] = await tx.query<{ n: number }>('select n from counters where id = 1')
        await tx.query('update counters set n = $1 where id = 1', [(row?.n ?? 0) + 1])
      },
      { isolation: 'serializable' },
    )
  await Promise.all(Array.from({ length: 5 }, add))
  const { value } = await database.read('strong', (q) => q.query('select n from counters where id = 1'))
  expect(value).toEqual([{ n: 5 }])
})

describe('a conflict that never ends', () => {
  const conflict = `do $$ begin raise exception using errcode = '40001'; end $$`
  let runs = 0
  const meeting = (tx: Queryable) => {
    runs++
    return tx.query(conflict)
  }

  test('is given up after ten runs', async () => {
    runs = 0
    await expect(connect({ random: () => 1 }).write(meeting)).rejects.toMatchObject({ code: 'DATABASE_BUSY' })
    expect(runs).toBe(10)
  })

  test('is given up at the deadline', async () => {
    runs = 0
    const database = connect({ random: () => 0 })
    await expect(database.write(meeting, soon())).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    expect(runs).toBeLessThan(7)
  })
})

describe('prepared statements', () => {
  test('are used for statements with values, and survive a change of the table', async () => {
    const database = connect({ poolMax: 1 })
    await database.write((tx) => tx.query('create table shapes (id int)'))
    await database.write((tx) => tx.query('insert into shapes values (1)'))
    for (let round = 0; round < 3; round++) await database.read('strong', shapes)
    const { value } = await database.read('strong', (q) =>
      q.query(`select from pg_prepared_statements where statement like 'select * from shapes%'`),
    )
    expect(value).toHaveLength(1)
    await database.write(shapes)
    await database.write((tx) => tx.query('alter table shapes add column colour text'))
    expect((await database.read('strong', shapes)).value).toEqual([{ id: 1, colour: null }])
    expect((await database.write(shapes)).value).toEqual([{ id: 1, colour: null }])
  })
})

test('statements that work sends at once are answered in order, on one connection', async () => {
  const database = connect({ poolMax: 1 })
  const { value } = await database.write((tx) =>
    Promise.all(
      [1, 2, 3].map((n) =>
        tx.query<{ n: number; x: string }>('select $1::int as n, pg_current_xact_id()::text as x', [n]),
      ),
    ),
  )
  expect(value.map(([row]) => row?.n)).toEqual([1, 2, 3])
  expect(new Set(value.map(([row]) => row?.x)).size).toBe(1)
})

test('a unit of work that has ended can run no more statements', async () => {
  let kept: Queryable | undefined
  await connect().read('eventual', async (queryable) => {
    kept = queryable
  })
  await expect(kept?.query('select 1')).rejects.toThrow('ended')
})
