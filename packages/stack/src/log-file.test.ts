import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LogFile } from './log-file.ts'

const folderFor = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('appends to what is there', () => {
  const file = join(folderFor(), 'web-1.log')
  for (const text of ['one\n', 'two\n']) {
    const log = new LogFile(file)
    log.write(Buffer.from(text))
    log.close()
  }
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n')
})

test('keeps the size within twice the cap', () => {
  const folder = folderFor()
  const log = new LogFile(join(folder, 'web-1.log'), 10)
  for (const text of ['12345', '67890', 'abcde', 'fghij', 'k']) log.write(Buffer.from(text))
  log.close()
  expect(readdirSync(folder)).toEqual(['web-1.log', 'web-1.log.1'])
  expect(readFileSync(join(folder, 'web-1.log'), 'utf8')).toBe('k')
  expect(readFileSync(join(folder, 'web-1.log.1'), 'utf8')).toBe('abcdefghij')
})
