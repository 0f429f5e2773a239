import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { familiesOf, isSameProcess, memoryBytesOf, startTokenOf } from './process-table.ts'

test('a process is itself until it ends', async () => {
  const child = spawn('sleep', ['60'])
  onTestFinished(() => void child.kill())
  const pid = child.pid ?? 0
  const token = startTokenOf(pid) ?? ''
  expect(isSameProcess(pid, token)).toBe(true)
  expect(isSameProcess(pid, 'another time')).toBe(false)
  child.kill()
  await once(child, 'exit')
  expect(startTokenOf(pid)).toBeUndefined()
})

test('a family is a process with everything below it', async () => {
  const child = spawn('sh', ['-c', 'sleep 60 & echo started; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  const pid = child.pid ?? 0
  onTestFinished(() => void process.kill(-pid))
  await once(child.stdout, 'data')
  expect(familiesOf([pid]).get(pid)).toHaveLength(2)
  expect(familiesOf([process.pid]).get(process.pid)).toEqual(expect.arrayContaining([process.pid, pid]))
})

test('memory of a process is more than nothing, of none undefined', () => {
  expect(memoryBytesOf(process.pid)).toBeGreaterThan(1_000_000)
  expect(memoryBytesOf(2 ** 30)).toBeUndefined()
})
