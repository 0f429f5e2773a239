import { join } from 'node:path'
import { recordingLog } from '@roundtrip/http/testing'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startWorkerGroup, type StartedGroup, type TellOne } from './start-group.ts'
import { recycleTopic, replaceTopic, retireTopic, workerStatusTopic } from './topics.ts'
import { topic, type WorkerBus } from './worker-bus.ts'

/** Processes have to start, on a machine that has other things to do. */
vi.setConfig({ testTimeout: 30_000 })

const retired = topic<number>('test.retired')

const start = async (
  count: number,
  briefing: object = {},
  catchUp: (tell: TellOne) => void = () => undefined,
): Promise<StartedGroup> => {
  const group = await startWorkerGroup({
    count,
    instance: 'test',
    addresses: [],
    file: join(import.meta.dirname, 'testing/worker.ts'),
    environment: { PATH: process.env['PATH'] },
    briefing: () => briefing,
    catchUp,
    log: recordingLog(),
  })
  onTestFinished(() => group.component.close())
  return group
}

/** The processes that were told. */
const hearRetired = (bus: WorkerBus): Set<number> => {
  const pids = new Set<number>()
  bus.subscribe(retired, (pid) => void pids.add(pid))
  return pids
}

const pidOf = async (bus: WorkerBus): Promise<number> => (await bus.request(workerStatusTopic, null))[0]?.[0]?.pid ?? 0

it('tells workers that the service retires, and ends them in good order', async () => {
  const { component, bus } = await start(2)
  const heard = hearRetired(bus)
  component.retire?.()
  await expect.poll(() => heard.size, { timeout: 10_000 }).toBe(2)
  await component.drain()
})

it('tells a worker that comes later too', async () => {
  const { component, bus } = await start(1)
  const heard = hearRetired(bus)
  component.retire?.()
  bus.publish(replaceTopic, await pidOf(bus))
  await expect.poll(() => heard.size, { timeout: 10_000 }).toBe(2)
  await component.drain()
})

it('has each worker that is ready told what it may have missed, and only that one', async () => {
  const tellers: TellOne[] = []
  const { bus } = await start(2, {}, (tell) => void tellers.push(tell))
  const heard = hearRetired(bus)
  expect(tellers).toHaveLength(2)
  tellers[0]?.(retireTopic, null)
  await expect.poll(() => heard.size, { timeout: 10_000 }).toBe(1)
  tellers[1]?.(retireTopic, null)
  await expect.poll(() => heard.size, { timeout: 10_000 }).toBe(2)
})

it('replaces a worker that asks for it', async () => {
  const { component, bus } = await start(1)
  const first = await pidOf(bus)
  bus.publish(replaceTopic, first)
  await expect.poll(() => pidOf(bus), { timeout: 10_000 }).not.toBe(first)
  await component.drain()
})

it('says which worker could not be replaced, and why, to whoever asks for all to be', async () => {
  const briefing: { exitStatus?: number } = {}
  const { component, bus } = await start(1, briefing)
  briefing.exitStatus = 3
  expect(await bus.request(recycleTopic, null, { timeoutMs: 20_000 })).toMatchObject([
    {
      workers: [{ slot: 1, state: 'ready' }],
      problem: 'Worker 1 ended with status 3 before it was ready; the log has what it said last.',
    },
  ])
  await component.drain()
})

it.each([
  [78, 'SETTINGS_INVALID'],
  [1, 'WORKER_FAILED'],
])('does not start when a worker ends with %i before it is ready, and leaves none behind', async (exitStatus, code) => {
  await expect(start(2, { exitStatus })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(`ended with status ${exitStatus} before it was ready`),
  })
})
