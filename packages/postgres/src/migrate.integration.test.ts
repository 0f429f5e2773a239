/** Migrations against a real database: in order, once, one runner at a time, beside those who use its tables. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withPassword } from './connection.ts'
import { migrate, type MigrateOptions } from './migrate.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {} }

let fresh: TestDatabase
let options: MigrateOptions

beforeEach(async () => {
  fresh = await createTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  options = { url: fresh.primaryUrl, password: fresh.password, folder, log }
  await writeFile(join(folder, '1700000000001_first.sql'), '-- Up Migration\ncreate table things (id int);\n')
  await writeFile(join(folder, '1700000000002_second.sql'), 'insert into things values (1);\n')
})

afterEach(async () => {
  await rm(options.folder, { recursive: true })
  await fresh.drop()
})

const add = (file: string, text: string): Promise<void> => writeFile(join(options.folder, file), text)

const connect = async (): Promise<Client> => {
  const client = new Client({ connectionString: withPassword(fresh.primaryUrl, fresh.password) })
  await client.connect()
  return client
}

const sql = async <Row extends object>(text: string): Promise<Row[]> => {
  const client = await connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

const things = async (): Promise<number | undefined> => {
  const [row] = await sql<{ n: number }>('select count(*)::int as n from things')
  return row?.n
}

const indexes = (): Promise<{ valid: boolean }[]> =>
  sql(`select indisvalid as valid from pg_index where indexrelid = to_regclass('things_id')`)

test('run in order, and only once', async () => {
  expect(await migrate(options)).toEqual(['1700000000001_first', '1700000000002_second'])
  expect(await migrate(options)).toEqual([])
  expect(await things()).toBe(1)
})

test('two runners at once do it once', async () => {
  const ran = await Promise.all([migrate(options), migrate(options), migrate(options)])
  expect(ran.flat()).toEqual(['1700000000001_first', '1700000000002_second'])
  expect(await things()).toBe(1)
})

test('a broken one is undone as a whole; those before it stay', async () => {
  await add('1700000000003_broken.sql', 'insert into things values (2);\n\nalter table nowhere add x int;\n')
  await expect(migrate(options)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('1700000000003_broken.sql: relation "nowhere" does not exist'),
  })
  expect(await things()).toBe(1)
  await add('1700000000003_broken.sql', 'insert into things values (2);\n')
  expect(await migrate(options)).toEqual(['1700000000003_broken'])
})

test('an error is told with its line', async () => {
  await add('1700000000003_broken.sql', 'select 1;\n\nselect x from things;\n')
  await expect(migrate(options)).rejects.toThrow('1700000000003_broken.sql:3: column "x" does not exist')
})

test('a dangerous one stops all of them', async () => {
  await add('1700000000003_index.sql', 'create index on things (id);\n')
  await expect(migrate(options)).rejects.toMatchObject({
    code: 'MIGRATION_UNSAFE',
    message: expect.stringContaining('1700000000003_index.sql:1: create-index: '),
  })
  await expect(things()).rejects.toMatchObject({ code: '42P01' })
})

test('an applied one must stay as it is', async () => {
  await migrate(options)
  await add('1700000000002_second.sql', 'insert into things values (3);\n')
  await expect(migrate(options)).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' })
})

test('a history from before checksums is carried on', async () => {
  await sql(
    `create table migrations (id serial primary key, name varchar(255) not null, run_on timestamp not null);
     insert into migrations (name, run_on) values ('1700000000001_first', now()); create table things (id int)`,
  )
  expect(await migrate(options)).toEqual(['1700000000002_second'])
  expect(await migrate(options)).toEqual([])
})

describe('beside those who use the table', () => {
  const blockers: Client[] = []

  afterEach(async () => {
    await Promise.all(blockers.splice(0).map((client) => client.end()))
  })

  /** A transaction that has read the table, and ends when `commit` is called. */
  const reader = async () => {
    const client = await connect()
    blockers.push(client)
    await client.query('begin; select from things')
    return { commit: () => client.query('commit') }
  }

  test('a lock that is not free is given up, waited for, and then had', async () => {
    await migrate(options)
    await add('1700000000003_column.sql', 'alter table things add column name text;\n')
    const { commit } = await reader()
    const pauses: number[] = []
    const wait = async (ms: number): Promise<void> => {
      pauses.push(ms)
      expect(await things()).toBe(1) // Nobody queues behind the migration meanwhile.
      if (pauses.length === 2) await commit()
    }
    const ran = await migrate({ ...options, lockTimeoutMs: 50, random: () => 1, wait })
    expect([ran, pauses]).toEqual([['1700000000003_column'], [500, 1_000]])
  })

  test('it gives up in the end, with nothing changed', async () => {
    await migrate(options)
    await add('1700000000003_column.sql', 'insert into things values (2);\nalter table things add column name text;\n')
    await reader()
    const impatient = { ...options, lockTimeoutMs: 20, lockAttempts: 3, wait: async () => {} }
    await expect(migrate(impatient)).rejects.toThrow(
      '1700000000003_column.sql: canceling statement due to lock timeout',
    )
    expect(await things()).toBe(1)
  })

  test('a statement that holds locks for too long is stopped', async () => {
    await add('1700000000003_slow.sql', 'select pg_sleep(60);\n')
    await expect(migrate({ ...options, statementTimeoutMs: 50 })).rejects.toThrow('due to statement timeout')
  })
})

describe('indexes of tables in use', () => {
  const index = 'create unique index concurrently if not exists things_id on things (id);\n'

  test('are built outside a transaction, also with runners waiting for their turn', async () => {
    await migrate(options)
    await add('1700000000003_index.sql', index)
    const ran = await Promise.all([migrate(options), migrate(options), migrate(options)])
    expect(ran.flat()).toEqual(['1700000000003_index'])
    expect(await indexes()).toEqual([{ valid: true }])
  })

  test('leave nothing behind when they fail, and can be tried again', async () => {
    await migrate(options)
    await sql('insert into things values (1)')
    await add('1700000000003_index.sql', index)
    await expect(migrate(options)).rejects.toThrow('could not create unique index')
    expect(await indexes()).toEqual([])
    await sql('delete from things where ctid <> (select min(ctid) from things)')
    expect(await migrate(options)).toEqual(['1700000000003_index'])
    expect(await indexes()).toEqual([{ valid: true }])
  })

  test('are built again when a run that was killed has left an invalid one', async () => {
    await migrate(options)
    await sql('insert into things values (1)')
    await sql(index).catch(() => {})
    expect(await indexes()).toEqual([{ valid: false }])
    await sql('delete from things where ctid <> (select min(ctid) from things)')
    await add('1700000000003_index.sql', index)
    expect(await migrate(options)).toEqual(['1700000000003_index'])
    expect(await indexes()).toEqual([{ valid: true }])
  })

  test('that nobody claims are told at each run', async () => {
    await migrate(options)
    await sql('insert into things values (1)')
    await sql(index).catch(() => {})
    const told: object[] = []
    await migrate({ ...options, log: { ...log, warn: (facts) => void told.push(facts) } })
    expect(told).toEqual([{ invalid: ['things_id'] }])
  })

  test('count as built when a run was killed before it could say so', async () => {
    await migrate(options)
    await sql(index)
    await add('1700000000003_index.sql', index)
    expect(await migrate(options)).toEqual(['1700000000003_index'])
  })
})

test('constraints are checked in a file of their own', async () => {
  await add(
    '1700000000003_add.sql',
    'alter table things add constraint known not null id not valid, add constraint small check (id < 9) not valid;\n',
  )
  await add('1700000000004_known.sql', 'alter table things validate constraint known;\n')
  await add('1700000000005_small.sql', 'alter table things validate constraint small;\n')
  await migrate(options)
  expect(await sql(`select from pg_constraint where conrelid = 'things'::regclass and convalidated`)).toHaveLength(2)
})

test('a runner waits only so long for another one', async () => {
  const other = await connect()
  try {
    await other.query('select pg_advisory_lock(7309453871)')
    await expect(migrate({ ...options, runnerTimeoutMs: 300, wait: async () => {} })).rejects.toThrow(
      'another process has been migrating for 300 ms',
    )
  } finally {
    await other.end()
  }
})

test('an unreachable database is said to be one', async () => {
  const nowhere = { ...options, url: 'postgres://roundtrip@127.0.0.1:1/roundtrip' }
  await expect(migrate(nowhere)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('ECONNREFUSED'),
  })
})
