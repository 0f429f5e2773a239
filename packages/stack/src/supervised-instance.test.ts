import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { StackEvent } from './events.ts'
import { LogFile } from './log-file.ts'
import type { Reaper } from './reaper.ts'
import type { ProcessPlan } from './run-process.ts'
import { SupervisedInstance } from './supervised-instance.ts'
import type { Kind } from './topology.ts'

/** What the reaper would stop; empty again once an instance is down. */
const watched = new Set<number>()
const reaper: Reaper = {
  pid: undefined,
  watch: (pid) => void watched.add(pid),
  forget: (pid) => void watched.delete(pid),
  removeFolder: () => {},
  close: () => Promise.resolve(),
}

const shell = (script: string): ProcessPlan => ({
  command: '/bin/sh',
  args: ['-c', script],
  environment: { PATH: '/usr/bin:/bin' },
  folder: '/',
  readyBy: /^ready$/,
  stopSignal: 'SIGTERM',
})

const ready = shell('echo ready; exec sleep 60')

const supervise = (prepare: () => Promise<ProcessPlan>, kind: Kind = 'service') => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-instance-'))
  const log = new LogFile(join(folder, 'log'))
  const events: StackEvent[] = []
  const spec = { name: 'web-1', tier: 'web', kind, host: '127.0.0.1', ports: {}, talksTo: [] } as const
  const emit = (event: StackEvent): void => void events.push(event)
  const instance = new SupervisedInstance({ spec, prepare, log, reaper, restart: true, emit })
  onTestFinished(async () => {
    await instance.stop()
    log.close()
    rmSync(folder, { recursive: true })
  })
  return { instance, events }
}

test('is ready when it says so', async () => {
  const { instance, events } = supervise(async () => ready)
  await instance.start()
  expect(instance.state).toBe('ready')
  expect(watched).toEqual(new Set([instance.pid]))
  await instance.stop()
  expect(watched).toEqual(new Set())
  expect(events.map((event) => (event.type === 'state' ? event.state : event.type))).toEqual([
    'starting',
    'log',
    'ready',
    'stopping',
    'exit',
    'stopped',
  ])
})

test('what never worked is not tried again', async () => {
  const { instance, events } = supervise(async () => shell('echo wrong settings >&2; exit 78'))
  await expect(instance.start()).rejects.toThrow(/^web-1 ended with status 78 .*\n {2}wrong settings$/)
  expect(instance.state).toBe('failed')
  expect(events.filter(({ type }) => type === 'backoff')).toEqual([])
})

test('a program that cannot be executed is named', async () => {
  const { instance } = supervise(async () => ({ ...ready, command: '/nowhere/redis-server' }))
  await expect(instance.start()).rejects.toThrow('/nowhere/redis-server could not be executed')
})

test('what worked once is tried until it works again, each time prepared anew', async () => {
  const plans = [ready, shell('exit 1'), ready]
  const prepare = vi.fn<() => Promise<ProcessPlan>>(async () => plans.shift() ?? ready)
  const { instance, events } = supervise(prepare)
  await instance.start()
  await instance.kill()
  await instance.waitFor('ready')
  expect(events.filter(({ type }) => type === 'backoff')).toMatchObject([{ attempt: 1 }, { attempt: 2 }])
  expect(prepare).toHaveBeenCalledTimes(3)
  expect(instance.restarts).toBe(2)
})

test('a failed preparation is tried again as well', async () => {
  let down = false
  const { instance } = supervise(async () => {
    if (!down) return ready
    down = false
    throw new Error('the primary is away')
  })
  await instance.start()
  down = true
  await instance.kill()
  await instance.waitFor('ready')
  expect(instance.restarts).toBe(2)
})

test('stop ends the wait for a restart', async () => {
  const { instance } = supervise(async () => ready)
  await instance.start()
  await instance.kill()
  expect(instance.state).toBe('backoff')
  await instance.stop()
  expect(instance.state).toBe('stopped')
  await instance.start()
  expect(instance.restarts).toBe(0)
})

test('stop while it prepares keeps it from starting', async () => {
  const preparing = Promise.withResolvers<ProcessPlan>()
  const { instance } = supervise(() => preparing.promise)
  const started = instance.start()
  const stopped = instance.stop()
  preparing.resolve(ready)
  await expect(started).rejects.toThrow('was stopped while it started')
  await stopped
  expect(instance).toMatchObject({ state: 'stopped', pid: undefined })
})

test.each([0, 1, 2, 3, 4, 5, 6])('stop %i turns after it was prepared leaves nothing running', async (turns) => {
  let stopped: Promise<void> | undefined
  const { instance } = supervise(async () => {
    const stopAfter = (left: number): void => {
      if (left === 0) stopped = instance.stop()
      else queueMicrotask(() => stopAfter(left - 1))
    }
    stopAfter(turns)
    return ready
  })
  await expect(instance.start()).rejects.toThrow('web-1')
  await stopped
  expect(instance).toMatchObject({ state: 'stopped', pid: undefined })
  expect(watched).toEqual(new Set())
})

test('stop while it starts ends it', async () => {
  const { instance } = supervise(async () => shell('echo early; exec sleep 60'))
  const started = instance.start()
  await vi.waitFor(() => expect(instance.pid).toBeDefined())
  await instance.stop()
  await expect(started).rejects.toThrow('ended by SIGTERM before it was ready')
  expect(instance.state).toBe('stopped')
})

test('a task is finished when it exits with 0', async () => {
  const { instance } = supervise(async () => ({ ...shell('exit 0'), readyBy: 'exit' }), 'task')
  await instance.start()
  expect(instance).toMatchObject({ state: 'finished', lastExit: { code: 0 } })
  await instance.stop()
  expect(instance.state).toBe('finished')
})

test('a task that fails is not tried again', async () => {
  const { instance } = supervise(async () => ({ ...shell('exit 3'), readyBy: 'exit' }), 'task')
  await expect(instance.start()).rejects.toThrow('web-1 ended with status 3')
  expect(instance.state).toBe('failed')
})

test('who waits for a state that does not come is told at the end', async () => {
  const { instance } = supervise(async () => ready)
  const waiting = instance.waitFor('ready')
  instance.abandonWaiters()
  await expect(waiting).rejects.toThrow('The stack stopped before web-1 was ready.')
})
