/** The shop's migrations can run beside a shop in use. */
import { readdir, readFile } from 'node:fs/promises'
import { formatFinding, lintMigrations } from '@roundtrip/postgres/lint'
import { expect, test } from 'vitest'

const folder = new URL('../migrations/', import.meta.url)

test('no migration locks a table in use, or breaks the release before it', async () => {
  const names = (await readdir(folder)).filter((file) => file.endsWith('.sql')).toSorted()
  const files = await Promise.all(
    names.map(async (file) => ({ file, text: await readFile(new URL(file, folder), 'utf8') })),
  )
  expect(files).not.toEqual([])
  expect((await lintMigrations(files)).map(formatFinding)).toEqual([])
})
