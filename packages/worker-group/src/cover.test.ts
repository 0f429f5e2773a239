import { BoundSocket, connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { recordingLog } from '@roundtrip/http/testing'
import { expect, it, onTestFinished } from 'vitest'
import { startWorkerGroup } from './start-group.ts'
import { workerStatusTopic } from './topics.ts'
import { topic } from './worker-bus.ts'
import type { WorkerStatus } from './worker-group.ts'

const patiently = { timeout: 20_000, interval: 10 }

const freePort = (): number => {
  const socket = new BoundSocket({ host: '127.0.0.1' })
  const address = socket.address()
  socket.close()
  return typeof address === 'object' ? address.port : 0
}

it.skipIf(process.platform !== 'linux')(
  'no connection waits for a worker that crashes again and again',
  { timeout: 60_000 },
  async () => {
    const port = freePort()
    let waits = false
    const { component, bus } = await startWorkerGroup({
      count: 2,
      instance: 'test',
      addresses: [{ name: 'tcp', host: '127.0.0.1', port }],
      file: join(import.meta.dirname, 'testing/worker.ts'),
      environment: { PATH: process.env['PATH'] },
      briefing: () => ({ listens: true, waits }),
      log: recordingLog(),
    })
    onTestFinished(() => component.close())
    const status = async (): Promise<WorkerStatus[]> => (await bus.request(workerStatusTopic, null))[0] ?? []
    const askOften = (): Promise<string[]> =>
      Promise.all(Array.from({ length: 30 }, () => text(connect(port, '127.0.0.1'))))
    const [survivor, first] = await status()
    expect(new Set(await askOften())).toEqual(new Set([String(survivor?.pid), String(first?.pid)]))
    waits = true
    for (let times = 1; times <= 6; times++) {
      process.kill((await status())[1]?.pid ?? 0, 'SIGKILL')
      await expect.poll(async () => (await status())[1], patiently).toMatchObject({ state: 'starting', crashes: times })
      // The next one does not listen before it is told to.
      expect(new Set(await askOften())).toEqual(new Set([String(survivor?.pid)]))
      await expect
        .poll(async () => {
          bus.publish(topic<null>('test.go'), null)
          return (await status())[1]?.state
        }, patiently)
        .toBe('ready')
    }
  },
)
