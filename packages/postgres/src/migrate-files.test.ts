/** The folder of migrations: order, names, and checksums that survive a checkout. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readMigrationFiles } from './migrate-files.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrations-'))
})

afterEach(() => rm(folder, { recursive: true }))

const write = (file: string, text = 'select 1;\n'): Promise<void> => writeFile(join(folder, file), text)

test('by number, not by letter; other files are left alone', async () => {
  await Promise.all(['10_b.sql', '9_a.sql', '20261121082000000_c.sql', 'README.md'].map((file) => write(file)))
  expect((await readMigrationFiles(folder)).map(({ name }) => name)).toEqual(['9_a', '10_b', '20261121082000000_c'])
})

test('one checksum for one content, however its lines end', async () => {
  await write('1_a.sql', 'select 1;\nselect 2;\n')
  await write('2_b.sql', 'select 1;\r\nselect 2;\r\n')
  await write('3_c.sql', 'select 1;\nselect 3;\n')
  const [a, b, c] = (await readMigrationFiles(folder)).map(({ checksum }) => checksum)
  expect(a).toMatch(/^[0-9a-f]{64}$/)
  expect([a === b, a === c]).toEqual([true, false])
})

test('a name without a number, and a number given twice, are refused', async () => {
  await write('shop.sql')
  await expect(readMigrationFiles(folder)).rejects.toThrow('shop.sql is not named <number>_<name>.sql.')
  await rm(join(folder, 'shop.sql'))
  await write('07_a.sql')
  await write('7_b.sql')
  await expect(readMigrationFiles(folder)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('have the same number'),
  })
})
