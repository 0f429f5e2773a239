import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, onTestFinished } from 'vitest'
import { ensurePki, renewLeaves, type PkiFiles } from './index.ts'

const hourMs = 3_600_000
const names = ['www.roundtrip.test']

const start = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-pki-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const at = { now: Date.now() }
  const options = { names, lifetimeMs: 24 * hourMs, clock: () => at.now }
  const files = await ensurePki(folder, options)
  const looks: (() => void)[] = []
  const told: (PkiFiles | Error)[] = []
  renewLeaves(folder, {
    ...options,
    onRenewed: (renewed) => told.push(renewed),
    onFailed: (error) => told.push(error as Error),
    schedule: (work, everyMs) => {
      expect(everyMs).toBe(hourMs / 2)
      looks.push(work)
      return () => undefined
    },
  })
  return { files, at, told, look: () => looks[0]?.() }
}

const expiryOf = ({ certificateFile }: PkiFiles): number =>
  new X509Certificate(readFileSync(certificateFile)).validToDate.getTime()

test('leaves are renewed when half of their life is over, not before', async () => {
  const { files, at, told, look } = await start()
  const began = at.now
  const before = readFileSync(files.certificateFile, 'utf8')
  at.now = began + 11 * hourMs
  look()
  at.now = began + 13 * hourMs
  await expect.poll(() => (look(), told)).toEqual([files])
  expect(readFileSync(files.certificateFile, 'utf8')).not.toBe(before)
  expect(Math.abs(expiryOf(files) - (at.now + 24 * hourMs))).toBeLessThan(1000)
})

test('a reader never sees a certificate with the key of another one', async () => {
  const { files, at, told, look } = await start()
  for (let times = 1; times <= 10; times++) {
    at.now += 13 * hourMs
    look()
    while (told.length < times) {
      const pem = readFileSync(files.certificateFile, 'utf8')
      expect(new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem))).toBe(true)
      await new Promise(setImmediate)
    }
  }
})

test('a failure is told, and the next look tries again', async () => {
  const { files, at, told, look } = await start()
  const key = readFileSync(files.caKeyFile)
  rmSync(files.caFile)
  rmSync(files.caKeyFile)
  // In the way of what is to be written.
  mkdirSync(files.caKeyFile)
  look()
  await expect.poll(() => told.length).toBe(1)
  expect(told[0]).toBeInstanceOf(Error)
  rmSync(files.caKeyFile, { recursive: true })
  writeFileSync(files.caKeyFile, key)
  at.now += 1
  await expect.poll(() => (look(), told.at(-1))).toEqual(files)
})
