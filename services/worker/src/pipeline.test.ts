import { orderConfirmationJobName } from '@roundtrip/contracts'
import { newTrace } from '@roundtrip/http'
import { Passage } from '@roundtrip/pipeline'
import { describe, expect, it } from 'vitest'
import type { Job, JobContext } from './job.ts'
import { orderConfirmation } from './jobs/order-confirmation.ts'
import { deadline } from './layers/deadline.ts'
import type { Mail } from './mail/mail.ts'
import { parseSender } from './mail/sender.ts'
import { createPipeline } from './pipeline.ts'
import { captureLog } from './testing/captured-log.ts'
import { order } from './testing/order.ts'

const job: Job = {
  id: '1',
  name: orderConfirmationJobName,
  payload: order,
  attempt: 1,
  maxAttempts: 3,
  enqueuedAt: new Date('2026-11-21T10:00:00Z'),
}

const setUp = (deliver: (mail: Mail) => Promise<Record<string, unknown>> = async () => ({ mailbox: 'x.eml' })) => {
  const { log, lines } = captureLog()
  const abort = new AbortController()
  const context: JobContext = { passage: new Passage(), trace: newTrace(false), signal: abort.signal, log }
  const delivery = { deliver, check: async () => 'ok', close: () => undefined }
  const sender = parseSender('Shop <orders@roundtrip.test>')
  const kinds = new Map([[orderConfirmationJobName, orderConfirmation({ sender, delivery })]])
  const handler = createPipeline({ kinds, jobTimeoutMs: 60_000 })
  return { run: (changes: Partial<Job> = {}) => handler({ ...job, ...changes }, context), lines, context, abort }
}

describe('the pipeline', () => {
  it('delivers the mail of an order and logs one line that belongs to the trace of the request', async () => {
    const mails: Mail[] = []
    const { run, lines, context } = setUp(async (mail) => {
      mails.push(mail)
      return { mailbox: 'x.eml' }
    })
    await run()
    expect(mails[0]).toMatchObject({
      messageId: `order-confirmation-${order.orderId}@roundtrip.test`,
      date: job.enqueuedAt,
      to: { name: 'Alice', address: 'alice@example.com' },
    })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({
      level: 'info',
      jobId: '1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      attempt: 1,
      mailbox: 'x.eml',
    })
    expect(context.passage.visits.map(({ name }) => name)).toEqual([
      'trace',
      'job-log',
      'deadline',
      'validate-payload',
      'dispatch',
    ])
  })

  it('makes the same mail of the same job', async () => {
    const mails: Mail[] = []
    const { run } = setUp(async (mail) => ({ count: mails.push(mail) }))
    await run()
    await run({ attempt: 2 })
    expect(mails[1]).toEqual(mails[0])
  })

  it.each([
    ['no object', 'order'],
    ['nothing', undefined],
    ['a missing field', { ...order, to: undefined }],
    ['an order id that is none', { ...order, orderId: '../../etc/passwd' }],
    ['two recipients', { ...order, to: 'a@example.com, b@example.com' }],
    ['a recipient with a line break', { ...order, to: 'a@example.com\r\nBcc: b@example.com' }],
  ])('refuses for good a payload with %s', async (_, payload) => {
    const { run, lines } = setUp()
    await expect(run({ payload })).rejects.toMatchObject({ code: 'JOB_INVALID', retryable: false })
    expect(lines).toEqual([expect.objectContaining({ level: 'error', code: 'JOB_INVALID' })])
  })

  it('keeps personal data of a bad payload out of the log', async () => {
    const { run, lines } = setUp()
    await expect(run({ payload: { ...order, totalCents: 'alice-secret' } })).rejects.toThrow(
      'does not match its schema',
    )
    expect(JSON.stringify(lines)).toContain('/totalCents')
    expect(JSON.stringify(lines)).not.toContain('alice')
  })

  it('leaves a job it does not know to another attempt', async () => {
    await expect(setUp().run({ name: 'receipt' })).rejects.toMatchObject({ code: 'JOB_UNKNOWN', retryable: true })
  })

  it('warns of a failure that is tried again, and reports the last one as an error', async () => {
    const { run, lines } = setUp(() => Promise.reject(new Error('disk full')))
    await expect(run({ attempt: 2 })).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(run({ attempt: 3 })).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(lines.map(({ level, code }) => [level, code])).toEqual([
      ['warn', 'INTERNAL'],
      ['error', 'INTERNAL'],
    ])
  })

  it('ends an attempt whose job is cancelled', async () => {
    const { run, abort } = setUp(() => new Promise(() => {}))
    const running = run()
    abort.abort('shutting down')
    await expect(running).rejects.toMatchObject({ code: 'JOB_CANCELLED', cause: 'shutting down' })
  })
})

describe('the deadline', () => {
  it('ends an attempt that takes too long, and tells the handler', async () => {
    const { context } = setUp()
    const timer = new AbortController()
    const seen = Promise.withResolvers<AbortSignal>()
    const handler = deadline(
      20,
      () => timer.signal,
    )(async (_, { signal }) => {
      seen.resolve(signal)
      return new Promise(() => {})
    })
    const running = handler(job, context)
    const signal = await seen.promise
    timer.abort()
    await expect(running).rejects.toMatchObject({ code: 'JOB_TIMEOUT', retryable: true })
    expect(signal.aborted).toBe(true)
  })
})
