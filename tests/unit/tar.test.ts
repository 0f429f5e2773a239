import { execFileSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { readTar } from '../helpers/tar.ts'

it('reads what tar wrote, whatever the size of the files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tar-'))
  mkdirSync(join(folder, 'box'))
  const contents = { 'box/empty': '', 'box/exact': 'x'.repeat(512), 'box/more': 'ü'.repeat(700) }
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content)
  const archive = execFileSync('tar', ['-C', folder, '-cf', '-', 'box'])
  const entries = await readTar(Readable.from([archive]))
  expect(Object.fromEntries(entries.map(({ name, content }) => [name, content.toString()]))).toEqual(contents)
})
