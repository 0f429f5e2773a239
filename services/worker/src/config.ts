/** The settings of the worker, under the prefix `WORKER`. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

export const workerSettings = Type.Object({
  queueUrl: setting.url(['redis:', 'rediss:'], {
    description: 'Redis of the queue, e.g. `redis://127.0.0.1:16380`; must not evict keys',
  }),
  redisPassword: setting.optional(setting.secret({ description: 'password of that Redis' })),
  mailboxFolder: setting.path({
    description: 'folder that mails are written to as `.eml` files, unless `WORKER_SMTP_URL` is set',
    default: 'mailbox',
  }),
  smtpUrl: setting.optional(
    setting.url(['smtp:', 'smtps:'], {
      description:
        'mail server to hand mails to, e.g. `smtp://user@mail.example.com:587`; `smtps:` is TLS from the start',
    }),
  ),
  smtpPassword: setting.optional(setting.secret({ description: 'password of the user in `WORKER_SMTP_URL`' })),
  mailFrom: setting.text({
    description: 'sender of every mail',
    default: 'Roundtrip Shop <orders@roundtrip.test>',
  }),
  concurrency: setting.count({
    description: 'jobs worked on at the same time',
    default: 10,
    minimum: 1,
    maximum: 1000,
  }),
  jobTimeoutMs: setting.durationMs({ description: 'how long one attempt at a job may take', default: 30_000 }),
  lockDurationMs: setting.durationMs({
    description: 'how long a job belongs to a worker that does not renew its claim; then another may take it over',
    default: 10_000,
    minimum: 1000,
  }),
})

export type WorkerSettings = Readonly<Static<typeof workerSettings>>
