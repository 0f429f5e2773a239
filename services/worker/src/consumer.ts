/** Takes jobs from the queue (BullMQ), runs them through the pipeline, and reports back what became of them. */
import { toRoundtripError } from '@roundtrip/errors'
import { newTrace } from '@roundtrip/http'
import { Passage } from '@roundtrip/pipeline'
import type { Logger } from '@roundtrip/service'
import { UnrecoverableError, Worker, type Job as QueuedJob } from 'bullmq'
import { isFinal, type Job, type JobHandler, type JobResult } from './job.ts'
import type { QueueConnection } from './queue-connection.ts'

export interface ConsumerOptions {
  readonly queueName: string
  /** First part of every key of the queue in Redis; producers use the same. */
  readonly prefix: string
  readonly connection: QueueConnection
  readonly handler: JobHandler
  readonly concurrency: number
  readonly lockDurationMs: number
  readonly instance: string
  readonly log: Logger
}

export interface Consumer {
  /** Jobs that are being worked on in this process. */
  active(): number
  /** Takes no more jobs; resolves when those in progress are finished and the queue knows of it. */
  drain(): Promise<void>
  /** Gives up what is still in progress; another worker gets it when the lock runs out. */
  close(): Promise<void>
}

export const consume = (options: ConsumerOptions): Consumer => {
  const { connection, lockDurationMs } = options
  /** Errors that the pipeline has seen and therefore logged. */
  const reported = new WeakSet<Error>()
  const shutdown = new AbortController()
  let active = 0
  // BullMQ passes the signal only to a function that declares three parameters.
  const work = async (queued: QueuedJob, _token?: string, signal?: AbortSignal): Promise<JobResult> => {
    active++
    try {
      return await attempt(queued, AbortSignal.any([shutdown.signal, ...(signal ? [signal] : [])]), options)
    } catch (error) {
      reported.add(error as Error)
      throw error
    } finally {
      active--
    }
  }
  const worker = new Worker(options.queueName, work, {
    connection: connection.client,
    prefix: options.prefix,
    name: options.instance,
    concurrency: options.concurrency,
    lockDuration: lockDurationMs,
    // A worker that was killed holds its jobs for one lock; they should not wait much longer than that.
    stalledInterval: lockDurationMs / 2,
    // Interrupted by a killed worker it is taken over, but a job that kills each worker it meets must end somewhere.
    maxStalledCount: 3,
  })
  observe(worker, reported, options)
  return {
    active: () => active,
    async drain() {
      // Without Redis nothing can arrive and nothing can be reported, so there is nothing to wait for.
      if (active === 0 && !connection.isReady()) return worker.pause(true)
      return worker.pause()
    },
    async close() {
      // In this order: BullMQ, closed, does not count what is cancelled now as a failed attempt.
      await worker.close(true)
      shutdown.abort('the worker is shutting down')
    },
  }
}

/** One attempt. A final failure is told to BullMQ in its own terms, so that it does not try again. */
const attempt = async (
  queued: QueuedJob,
  signal: AbortSignal,
  { handler, log }: ConsumerOptions,
): Promise<JobResult> => {
  try {
    return await handler(toJob(queued), { passage: new Passage(), trace: newTrace(false), signal, log })
  } catch (thrown) {
    const error = toRoundtripError(thrown)
    const reason = `${error.code}: ${error.message}`
    throw isFinal(error) ? new UnrecoverableError(reason) : new Error(reason, { cause: error })
  }
}

const toJob = (queued: QueuedJob): Job => ({
  id: queued.id ?? '',
  name: queued.name,
  payload: queued.data,
  attempt: queued.attemptsMade + 1,
  maxAttempts: queued.opts.attempts ?? 1,
  enqueuedAt: new Date(queued.timestamp),
})

/** What BullMQ does with jobs outside of the pipeline. */
const observe = (worker: Worker, reported: WeakSet<Error>, { connection, log }: ConsumerOptions): void => {
  worker.on('error', (error) => {
    // While the connection is gone every command fails; the connection has already said so.
    if (connection.isReady()) log.error({ error }, `queue: ${error.message}`)
  })
  worker.on('stalled', (jobId) => log.warn({ jobId }, 'a worker let go of this job; it is tried again'))
  worker.on('failed', (job, error) => {
    if (!reported.has(error)) log.error({ jobId: job?.id, code: 'JOB_STALLED', error }, `job failed: ${error.message}`)
  })
  worker.on('lockRenewalFailed', (jobIds) => {
    // Somebody else may be at it by now: two at once would be worse than one more attempt.
    for (const jobId of jobIds) worker.cancelJob(jobId, 'the lock on the job was lost')
  })
}
