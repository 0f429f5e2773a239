import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSettings, type Environment } from '@roundtrip/config'
import { defaultJobOptions, mailQueueName, orderConfirmationJobName } from '@roundtrip/contracts'
import type { Component } from '@roundtrip/service'
import { Queue, QueueEvents, type Job } from 'bullmq'
import { Redis } from 'ioredis'
import PostalMime from 'postal-mime'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { workerSettings } from './config.ts'
import { startWorker } from './start.ts'
import { captureLog, type CapturedLog } from './testing/captured-log.ts'
import { order } from './testing/order.ts'
import { startSmtpServer } from './testing/smtp-server.ts'

// Provided by the global set-up of the integration tests, whose types lie outside of this package.
const { queueUrl, redisPassword } = inject('dataTier' as never) as { queueUrl: string; redisPassword: string }
const prefix = `worker-test-${randomUUID()}`
const redis = (): Redis => new Redis(queueUrl, { password: redisPassword, maxRetriesPerRequest: null })
const mailOf = (orderId: string): string => `order-confirmation-${orderId}.eml`
const quickly = { ...defaultJobOptions, backoff: { type: 'fixed', delay: 1 } }

/** Forwards to Redis until it is cut, as a network or a Redis that goes away would look like. */
const cuttable = async () => {
  const { hostname, port } = new URL(queueUrl)
  const sockets = new Set<Socket>()
  const listen = async (onPort: number): Promise<Server> => {
    const server = createServer((client) => {
      const upstream = connect(Number(port), hostname)
      for (const socket of [client, upstream]) {
        sockets.add(socket)
        socket.on('error', () => socket.destroy())
        socket.on('close', () => void [client.destroy(), upstream.destroy()])
      }
      client.pipe(upstream).pipe(client)
    }).listen(onPort, '127.0.0.1')
    await once(server, 'listening')
    return server
  }
  let server = await listen(0)
  const bound = (server.address() as AddressInfo).port
  return {
    url: `redis://127.0.0.1:${bound}`,
    hang: () => sockets.forEach((socket) => socket.pause()),
    async cut() {
      sockets.forEach((socket) => socket.destroy())
      sockets.clear()
      server.close()
      await once(server, 'close')
    },
    async mend() {
      server = await listen(bound)
    },
  }
}

describe('the worker', () => {
  const connection = redis()
  const queue = new Queue(mailQueueName, { connection, prefix })
  const events = new QueueEvents(mailQueueName, { connection: redis(), prefix })
  let folder: string
  let captured: CapturedLog
  const running: Component[] = []

  const start = async (environment: Environment = {}): Promise<Component> => {
    const settings = loadSettings('WORKER', workerSettings, {
      WORKER_QUEUE_URL: queueUrl,
      WORKER_REDIS_PASSWORD: redisPassword,
      WORKER_MAILBOX_FOLDER: folder,
      ...environment,
    })
    const worker = await startWorker({ settings, log: captured.log, instance: 'worker-1' }, prefix)
    running.push(worker)
    return worker
  }
  const enqueue = (payload: unknown = order, options: object = defaultJobOptions): Promise<Job> =>
    queue.add(orderConfirmationJobName, payload, { ...options, jobId: randomUUID() })

  beforeAll(() => events.waitUntilReady())
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailbox-'))
    captured = captureLog()
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((worker) => worker.close()))
    await queue.obliterate({ force: true })
    await rm(folder, { recursive: true, force: true })
  })
  afterAll(async () => {
    await events.close()
    await queue.close()
    connection.disconnect()
  })

  it('delivers the mail of an order that was enqueued before it started', async () => {
    const job = await enqueue()
    const worker = await start()
    await job.waitUntilFinished(events)
    const mail = await PostalMime.parse(await readFile(join(folder, mailOf(order.orderId))))
    expect(mail).toMatchObject({ to: [{ address: 'alice@example.com' }], subject: `Your order ${order.orderId}` })
    expect(await worker.health()).toEqual({ ready: true, checks: { queue: 'ok', mail: 'ok', active: '0' } })
  })

  it('delivers one mail however often the order is published', async () => {
    await start()
    const jobs = await Promise.all(Array.from({ length: 5 }, () => enqueue()))
    await Promise.all(jobs.map((job) => job.waitUntilFinished(events)))
    expect(await readdir(folder)).toEqual([mailOf(order.orderId)])
  })

  it('does not try a broken payload again', async () => {
    await start()
    const job = await enqueue({ ...order, lines: 'none' })
    await expect(job.waitUntilFinished(events)).rejects.toThrow('JOB_INVALID')
    expect(await queue.getFailedCount()).toBe(1)
    expect(captured.lines.filter(({ code }) => code === 'JOB_INVALID')).toEqual([
      expect.objectContaining({ level: 'error', jobId: job.id, attempt: 1 }),
    ])
  })

  it('tries a mail again until the server takes it', async () => {
    const smtp = await startSmtpServer()
    smtp.replies = { RCPT: '451 later' }
    await start({ WORKER_SMTP_URL: smtp.url })
    const job = await enqueue(order, { ...quickly, attempts: 1000 })
    await captured.waitFor(({ attempt }) => attempt === 3)
    smtp.replies = {}
    await job.waitUntilFinished(events)
    expect(smtp.received).toHaveLength(1)
    expect(captured.lines.filter(({ level }) => level === 'error')).toEqual([])
    await smtp.close()
  })

  it('keeps a job that used up its attempts in the failed set, with one error line', async () => {
    const smtp = await startSmtpServer()
    smtp.replies = { RCPT: '451 later' }
    await start({ WORKER_SMTP_URL: smtp.url })
    const job = await enqueue(order, { ...quickly, attempts: 3 })
    await expect(job.waitUntilFinished(events)).rejects.toThrow('MAIL_UNDELIVERED')
    expect(await queue.getFailedCount()).toBe(1)
    expect(
      captured.lines.filter(({ code }) => code === 'MAIL_UNDELIVERED').map(({ level, attempt }) => [level, attempt]),
    ).toEqual([
      ['warn', 1],
      ['warn', 2],
      ['error', 3],
    ])
    await smtp.close()
  })

  it('finishes the job in progress when it drains, and takes no other', async () => {
    const smtp = await startSmtpServer()
    const greeted = Promise.withResolvers<() => void>()
    smtp.hold = (release) => greeted.resolve(release)
    const worker = await start({ WORKER_SMTP_URL: smtp.url, WORKER_CONCURRENCY: '1' })
    const first = await enqueue()
    const second = await enqueue()
    const release = await greeted.promise
    const drained = worker.drain()
    release()
    await drained
    expect(await first.getState()).toBe('completed')
    expect(await second.getState()).toBe('waiting')
    await smtp.close()
  })

  it('leaves a job that it had to give up to the next worker', async () => {
    const smtp = await startSmtpServer()
    const greeted = Promise.withResolvers<unknown>()
    smtp.hold = greeted.resolve
    const worker = await start({ WORKER_SMTP_URL: smtp.url, WORKER_LOCK_DURATION_MS: '1000' })
    const job = await enqueue(order, { attempts: 1 })
    await greeted.promise
    await worker.close()
    await smtp.close()
    expect(await job.getState()).toBe('active')
    await start({ WORKER_LOCK_DURATION_MS: '1000' })
    await job.waitUntilFinished(events)
    expect(await readdir(folder)).toEqual([mailOf(order.orderId)])
  })

  it('waits for a Redis that is away at its start, and goes on after an outage', async () => {
    const proxy = await cuttable()
    await proxy.cut()
    const worker = await start({ WORKER_QUEUE_URL: proxy.url })
    const atStart = await enqueue()
    await captured.waitFor(({ level }) => level === 'warn')
    expect(await worker.health()).toMatchObject({
      ready: false,
      checks: { queue: expect.stringMatching(/ECONNREFUSED/) },
    })
    await proxy.mend()
    await atStart.waitUntilFinished(events)
    expect(await worker.health()).toMatchObject({ ready: true })

    await proxy.cut()
    const meanwhile = await enqueue()
    expect(await worker.health()).toMatchObject({ ready: false })
    await proxy.mend()
    await meanwhile.waitUntilFinished(events)
    expect(await worker.health()).toMatchObject({ ready: true })
    await proxy.cut()
  })

  it('is not ready while Redis keeps its connections and answers nothing', async () => {
    const proxy = await cuttable()
    const worker = await start({ WORKER_QUEUE_URL: proxy.url })
    await captured.waitFor(({ message }) => message === 'the queue is reachable')
    proxy.hang()
    expect(await worker.health()).toMatchObject({ ready: false, checks: { queue: 'no answer within 500 ms' } })
    await worker.close()
    await proxy.cut()
  })

  it('says that the password is wrong', async () => {
    const worker = await start({ WORKER_REDIS_PASSWORD: 'wrong' })
    await captured.waitFor(({ level }) => level === 'warn')
    expect(await worker.health()).toMatchObject({ ready: false, checks: { queue: expect.stringMatching(/WRONGPASS/) } })
  })
})
