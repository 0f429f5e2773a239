/** What happens to a stack when its launcher is killed: it goes as well, and comes up again. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { instancesOf, startStack } from '@roundtrip/stack'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startForTest, temporaryFolder } from '../helpers/cleanups.ts'
import { childrenOf, isRunning } from '../helpers/processes.ts'
import { query } from '../helpers/sql.ts'

const launcher = join(import.meta.dirname, 'fixtures/launcher.ts')

/** As an out-of-memory killer would; resolves when nothing that it started runs any more. */
const killLauncher = async (child: ChildProcess, pids: readonly number[]): Promise<void> => {
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), { timeout: 20_000 })
}

/** A launcher in a process of its own, and what it said it started. */
const startLauncher = async (root?: string): Promise<{ child: ChildProcess; root: string; pids: number[] }> => {
  const child = spawn(process.execPath, [launcher, ...(root === undefined ? [] : [root])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const started = JSON.parse(line) as { root: string; pids: number[] }
  onTestFinished(() => killLauncher(child, started.pids))
  return { child, ...started }
}

test('a second start beside another process is refused, and names it', async () => {
  const { child, root } = await startLauncher()
  await expect(startStack({ root })).rejects.toMatchObject({
    code: 'STACK_ALREADY_RUNNING',
    details: { pid: child.pid },
  })
})

test('killing the launcher leaves no process and no folder, stopped ones included', async () => {
  const { child, root, pids } = await startLauncher()
  // The data tier, its launcher and its reaper.
  expect(pids.filter(isRunning)).toHaveLength(instancesOf('data').length + 2)
  await killLauncher(child, pids)
  await vi.waitFor(() => expect(existsSync(root)).toBe(false), { timeout: 20_000 })
})

test('a stack comes up again after its launcher was killed, with its data', async () => {
  const root = temporaryFolder()
  const { child, pids } = await startLauncher(root)
  await killLauncher(child, pids)
  const stack = await startForTest({ root, include: ['data'] })
  await query(stack.data.primaryUrl, stack.data.databasePassword, 'create table kept as select 1 as number')
  await stack.stop()

  // A pid that is some other process's by now, of the same account: Postgres alone would refuse to start.
  const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const other = spawn('sleep', ['60'], { cwd: '/', ...account })
  onTestFinished(() => void other.kill())
  writeFileSync(join(root, 'postgres/postgres-primary/postmaster.pid'), `${other.pid}\n`)
  const again = await startForTest({ root, include: ['data'] })
  const rows = await vi.waitFor(() =>
    query(again.data.replicaUrl, again.data.databasePassword, 'select number from kept'),
  )
  expect(rows).toEqual([{ number: 1 }])
})

test('what outlived both launcher and reaper is stopped by the next start', async () => {
  const root = temporaryFolder()
  const { child, pids } = await startLauncher(root)
  const reapers = childrenOf(child.pid).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('reaper.sh'),
  )
  child.kill('SIGSTOP')
  for (const pid of reapers) process.kill(pid, 'SIGKILL')
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(pids.filter(isRunning).length).toBeGreaterThanOrEqual(4)
  await startForTest({ root, include: ['data'] })
  expect(pids.filter(isRunning)).toEqual([])
})

test('a reaper that dies is replaced, and the new one knows everything', async () => {
  const { child, pids } = await startLauncher()
  const children = childrenOf(child.pid)
  const reapers = children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('reaper.sh'))
  expect(reapers).toHaveLength(1)
  for (const pid of reapers) process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => {
    const now = childrenOf(child.pid)
    expect(now.filter((pid) => !children.includes(pid))).toHaveLength(1)
  })
  await killLauncher(child, pids)
})
