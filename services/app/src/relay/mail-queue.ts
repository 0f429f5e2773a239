/** The queue as the relay sees it: publish a batch, or say at once that it cannot be reached. */
import { defaultJobOptions } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { promptRedis, tryConnect } from '@roundtrip/redis'
import { Queue } from 'bullmq'
import type { OutboxRow } from '../shop/outbox.ts'
import type { Destination } from './relay.ts'

export interface JobQueue extends Destination {
  /** Publishing a job id that the queue has already is no second job. @throws RoundtripError `QUEUE_UNAVAILABLE` */
  publish(jobs: readonly OutboxRow[]): Promise<void>
  isReachable(): boolean
  close(): Promise<void>
}

const commandTimeoutMs = 2_000

/** Connects in the background. @param name of the queue */
export const connectQueue = (name: string, url: string, password: string | undefined): JobQueue => {
  const redis = promptRedis({ url, password, commandTimeoutMs })
  void tryConnect(redis)
  const queue = new Queue(name, { connection: redis })
  // Each failed command rejects by itself; these only repeat it.
  queue.on('error', () => {})
  const isReachable = (): boolean => redis.status === 'ready'
  return {
    name,
    publish: async (jobs) => {
      // Asked while it is away, BullMQ would wait for it with a transaction held open.
      if (!isReachable()) throw new RoundtripError('QUEUE_UNAVAILABLE')
      const bulk = jobs.map((job) => ({
        name: job.name,
        data: job.payload,
        opts: { ...defaultJobOptions, jobId: job.jobId },
      }))
      try {
        await queue.addBulk(bulk)
      } catch (cause) {
        throw new RoundtripError('QUEUE_UNAVAILABLE', undefined, { cause })
      }
    },
    isReachable,
    close: async () => {
      await queue.close().catch(() => {}) // Not connected: nothing to close in order.
      redis.disconnect()
    },
  }
}
