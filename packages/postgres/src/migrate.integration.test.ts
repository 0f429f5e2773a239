/** Migrations against a real database: in order, once, all or none, one runner at a time. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDatabase } from './database.ts'
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

const things = async (): Promise<number | undefined> => {
  const database = createDatabase({ primaryUrl: fresh.primaryUrl, password: fresh.password, log })
  try {
    const { value } = await database.read('eventual', (q) =>
      q.query<{ n: number }>('select count(*)::int as n from things'),
    )
    return value[0]?.n
  } finally {
    await database.close()
  }
}

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

test('a broken one undoes those before it', async () => {
  await writeFile(join(options.folder, '1700000000003_broken.sql'), 'alter table nowhere add x int;\n')
  await expect(migrate(options)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('nowhere'),
  })
  await expect(things()).rejects.toMatchObject({ code: '42P01' })
})

test('an unreachable database is said to be one', async () => {
  const nowhere = { ...options, url: 'postgres://roundtrip@127.0.0.1:1/roundtrip' }
  await expect(migrate(nowhere)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('ECONNREFUSED'),
  })
})
