/** The ways out of the outbox: mails to the job queue, changes of products to the caches. */
import type { Cache } from '@roundtrip/cache'
import { mailQueueName } from '@roundtrip/contracts'
import type { Database } from '@roundtrip/postgres'
import type { FastifyBaseLogger } from 'fastify'
import type { AppSettings } from '../config.ts'
import { connectQueue } from './mail-queue.ts'
import { productChanges } from './product-changes.ts'
import { connectPurgeLog } from './purge-log.ts'
import { Relay } from './relay.ts'

export interface RelaysOptions {
  readonly settings: Pick<AppSettings, 'queueUrl' | 'redisPassword' | 'purgeUrl' | 'purgePassword'>
  readonly database: Database
  readonly cache: Cache
  readonly log: FastifyBaseLogger
}

export interface Relays {
  /** To be called when an order was placed. */
  readonly mailWaits: () => void
  /** To be called when a product was changed. */
  readonly productsChanged: () => void
  start(): void
  /** Resolves when nothing is being published any more. */
  close(): Promise<void>
  disconnect(): Promise<void>
  /** For health: who can be reached. */
  checks(): Readonly<Record<string, string>>
}

/** Under load each look takes many changes, so that orders do not pay for a transaction of ours each. */
const changesGapMs = 20

const reachable = (isReachable: boolean): string => (isReachable ? 'ok' : 'unreachable')

export const createRelays = ({ settings, database, cache, log }: RelaysOptions): Relays => {
  const { purgeUrl, purgePassword } = settings
  const queue = connectQueue(mailQueueName, settings.queueUrl, settings.redisPassword)
  const purgeLog = purgeUrl === undefined ? undefined : connectPurgeLog(purgeUrl, purgePassword)
  const mails = new Relay({ database, queue, log })
  const edges = productChanges({ cache, append: purgeLog?.append })
  const changes = new Relay({ database, queue: edges, gapMs: changesGapMs, log })
  return {
    mailWaits: () => mails.nudge(),
    productsChanged: () => changes.nudge(),
    start: () => {
      mails.start()
      changes.start()
    },
    close: async () => {
      await Promise.all([mails.close(), changes.close()])
    },
    disconnect: async () => {
      purgeLog?.close()
      await queue.close()
    },
    checks: () => ({
      queue: reachable(queue.isReachable()),
      ...(purgeLog && { purges: reachable(purgeLog.isReachable()) }),
    }),
  }
}
