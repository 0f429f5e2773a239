import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lockWhenFree, tryLock } from './lock.ts'

const lockFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-lock-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'lock')
}

test('one holder at a time', () => {
  const file = lockFile()
  const lock = tryLock(file)
  expect(tryLock(file)).toBeUndefined()
  lock?.release()
  expect(tryLock(file)).toBeDefined()
})

test('the lock of a killed process is free, and only then', async () => {
  const file = lockFile()
  const holder = `
    const { tryLock } = await import(${JSON.stringify(join(import.meta.dirname, 'lock.ts'))})
    tryLock(${JSON.stringify(file)})
    console.log('held')
    setInterval(() => {}, 60_000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  expect(tryLock(file)).toBeUndefined()
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(tryLock(file)).toBeDefined()
})

test('who waits gets it when it is free', async () => {
  const file = lockFile()
  const first = tryLock(file)
  const lock = await lockWhenFree(file, () => first?.release())
  expect(tryLock(file)).toBeUndefined()
  lock.release()
})
