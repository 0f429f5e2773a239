import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { forkPoint, hasWalFrom, newestTimeline, parseLsn } from './wal.ts'

const clusterWith = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-wal-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'pg_wal'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'pg_wal', name), text)
  return folder
}

test.each([
  ['0/0', 0n],
  ['0/3000148', 0x3000148n],
  ['16/B374D848', 0x16b374d848n],
])('%s is the position %d', (text, position) => {
  expect(parseLsn(text)).toBe(position)
})

test('a cluster has the log from a position in a segment of any of its timelines, and from the end of one', async () => {
  const folder = clusterWith({ '000000020000001600000003': '', '00000002.history': '' })
  const has = (lsn: string): Promise<boolean> => hasWalFrom(folder, parseLsn(lsn))
  expect(await has('16/3000148')).toBe(true)
  expect(await has('16/4000000')).toBe(true)
  expect(await has('16/4000028')).toBe(false)
  expect(await has('16/2FFFFFF')).toBe(false)
  expect(await has('15/3000148')).toBe(false)
})

test('a cluster without a log has nothing', async () => {
  expect(await hasWalFrom('/nowhere', 0x3000148n)).toBe(false)
  expect(await forkPoint('/nowhere', 1)).toBeUndefined()
  expect(await newestTimeline('/nowhere')).toBe(1)
})

test('the newest history says where each timeline was left', async () => {
  const folder = clusterWith({
    '00000002.history': '1\t0/3000148\tno recovery target specified\n',
    '0000000A.history': '1\t0/3000148\tno recovery target specified\n\n2\t1/50\tno recovery target specified\n',
  })
  expect(await forkPoint(folder, 1)).toBe(0x3000148n)
  expect(await forkPoint(folder, 2)).toBe(0x100000050n)
  expect(await forkPoint(folder, 10)).toBeUndefined()
  expect(await newestTimeline(folder)).toBe(10)
})
