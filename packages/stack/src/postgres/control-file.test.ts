import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readControlFile } from './control-file.ts'

/** The fields that are read, where `od -A d -t x8 global/pg_control` shows them in PostgreSQL 18. */
const bytes = (state: number): Buffer => {
  const buffer = Buffer.alloc(8192)
  buffer.writeBigUInt64LE(7_575_182_330_214_812_345n, 0)
  buffer.writeUInt32LE(1800, 8)
  buffer.writeInt32LE(state, 16)
  buffer.writeBigUInt64LE(0x3000148n, 32)
  buffer.writeUInt32LE(2, 48)
  return buffer
}

const clusterIn = (state: number): string => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-control-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'global'))
  writeFileSync(join(folder, 'global/pg_control'), bytes(state))
  return folder
}

test('says which cluster it is, and where it ended', async () => {
  expect(await readControlFile(clusterIn(1))).toEqual({
    systemIdentifier: 7_575_182_330_214_812_345n,
    isShutDown: true,
    checkpoint: 0x3000148n,
    timeline: 2,
  })
})

test.each([
  ['of a replica', 2],
  ['that crashed', 4],
  ['in production', 6],
])('a cluster %s is not one that was shut down as a primary', async (_what, state) => {
  expect(await readControlFile(clusterIn(state))).toMatchObject({ isShutDown: false })
})

test('without a cluster there is nothing to read', async () => {
  await expect(readControlFile('/nowhere')).rejects.toThrow('ENOENT')
})
