import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSettings } from '@roundtrip/config'
import { expect, it } from 'vitest'
import { workerSettings } from './config.ts'
import { startWorker } from './start.ts'
import { captureLog } from './testing/captured-log.ts'

const closedPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

it('starts without its Redis, is not ready, says why, and stops at once', async () => {
  const settings = loadSettings('WORKER', workerSettings, {
    WORKER_QUEUE_URL: `redis://127.0.0.1:${await closedPort()}`,
    WORKER_MAILBOX_FOLDER: mkdtempSync(join(tmpdir(), 'mailbox-')),
  })
  const { log, waitFor } = captureLog()
  const worker = await startWorker({ settings, log, instance: 'worker-1' })
  await waitFor(({ message }) => message.startsWith('the queue is not reachable'))
  const { ready, checks } = await worker.health()
  expect(ready).toBe(false)
  expect(checks).toMatchObject({ queue: expect.stringContaining('ECONNREFUSED') as string, mail: 'ok', active: '0' })
  await worker.drain()
  await worker.close()
})
