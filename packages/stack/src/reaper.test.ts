import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startTokenOf } from './process-table.ts'
import { reapOrphans, startReaper } from './reaper.ts'

const sleeper = (): ChildProcess & { pid: number } => {
  const child = spawn('sleep', ['60']) as ChildProcess & { pid: number }
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-reaper-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** The script by itself, so that a test can say things that the launcher never would. */
const runReaper = async (lines: readonly string[]): Promise<void> => {
  const child = spawn('/bin/sh', [join(import.meta.dirname, 'reaper.sh')], { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(`${lines.join('\n')}\n`)
  await once(child, 'exit')
}

test('stops what it watches, as asked, when its input ends', async () => {
  const [one, other] = [sleeper(), sleeper()]
  const ended = Promise.all([once(one, 'exit'), once(other, 'exit')])
  await runReaper([`+ ${one.pid} ${startTokenOf(one.pid)} INT`, `+ ${other.pid} ${startTokenOf(other.pid)} TERM`])
  expect((await ended).map(([, signal]) => signal)).toEqual(['SIGINT', 'SIGTERM'])
})

test('leaves alone what ended, and a later process with the same pid', async () => {
  const [forgotten, reused] = [sleeper(), sleeper()]
  await runReaper([
    `+ ${forgotten.pid} ${startTokenOf(forgotten.pid)} TERM`,
    `- ${forgotten.pid}`,
    `+ ${reused.pid} 12345 TERM`,
  ])
  expect([forgotten, reused].map(({ pid }) => startTokenOf(pid) !== undefined)).toEqual([true, true])
})

test('continues what is stopped, so that it can end', async () => {
  const child = sleeper()
  child.kill('SIGSTOP')
  const ended = once(child, 'exit')
  await runReaper([`+ ${child.pid} ${startTokenOf(child.pid)} TERM`])
  expect(await ended).toEqual([null, 'SIGTERM'])
})

test('kills what does not want to end', async () => {
  const child = spawn('sh', ['-c', 'trap "" TERM; echo deaf; while :; do sleep 1; done'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  const ended = once(child, 'exit')
  await runReaper([`+ ${child.pid} ${startTokenOf(child.pid ?? 0)} TERM`])
  expect(await ended).toEqual([null, 'SIGKILL'])
}, 20_000)

test('removes the temporary folder, whatever its name', async () => {
  const parent = temporaryFolder()
  const [folder, beside] = [join(parent, 'a folder of mine'), join(parent, 'a')]
  for (const path of [folder, beside]) mkdirSync(path)
  await runReaper([`d ${folder}`])
  expect([folder, beside].map((path) => existsSync(path))).toEqual([false, true])
})

test('a closed reaper with nothing to watch stops nothing', async () => {
  const child = sleeper()
  const file = join(temporaryFolder(), 'processes')
  const reaper = startReaper(file)
  reaper.watch(child.pid, 'SIGTERM')
  reaper.forget(child.pid)
  await reaper.close()
  expect(startTokenOf(child.pid)).toBeDefined()
  expect(existsSync(file)).toBe(false)
})

test('what a launcher watched is stopped by the next one, however both went', async () => {
  const [child, file] = [sleeper(), join(temporaryFolder(), 'processes')]
  const ended = once(child, 'exit')
  writeFileSync(file, `+ ${child.pid} ${startTokenOf(child.pid)} TERM\n`)
  await reapOrphans(file)
  expect(await ended).toEqual([null, 'SIGTERM'])
  expect(existsSync(file)).toBe(false)
})
