/** Keeps tables bounded: removes what nobody will ask for any more, in batches, so that no removal holds locks for long. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, Queryable } from '@roundtrip/postgres'
import type { FastifyBaseLogger } from 'fastify'
import { abandonedCartSeconds, removeAbandonedCarts } from '../shop/carts.ts'
import { removeOldKeys } from '../shop/idempotency.ts'
import { removeOldSent } from '../shop/outbox.ts'

export interface RetentionOptions {
  readonly database: Database
  /** Between two looks; default 60 000. Every instance looks: what one is removing the others leave alone. */
  readonly intervalMs?: number
  /** Most rows of one transaction; default 1000. */
  readonly batchSize?: number
  readonly log: Pick<FastifyBaseLogger, 'warn'>
}

/** Long enough to look into why a mail did not come. */
const sentMailsSeconds = 3_600
/** As long as clients may go on trying. */
const idempotencyKeysSeconds = 86_400

type Removal = (transaction: Queryable, limit: number) => Promise<number>

const removals: readonly Removal[] = [
  (transaction, limit) => removeOldSent(transaction, sentMailsSeconds, limit),
  (transaction, limit) => removeOldKeys(transaction, idempotencyKeysSeconds, limit),
  (transaction, limit) => removeAbandonedCarts(transaction, abandonedCartSeconds, limit),
]

export class Retention {
  readonly #options: RetentionOptions
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** Looks now, and from now on every interval. */
  start(): void {
    this.#running ??= this.#look()
  }

  /** Stops looking; resolves when nothing is being removed any more. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  /** Removes all that is too old. */
  async removeOld(): Promise<void> {
    const { database, batchSize = 1_000 } = this.#options
    for (const remove of removals) {
      let removed = batchSize
      while (removed === batchSize && !this.#closing.signal.aborted) {
        removed = (await database.write((tx) => remove(tx, batchSize))).value
      }
    }
  }

  async #look(): Promise<void> {
    const { signal } = this.#closing
    const { intervalMs = 60_000, log } = this.#options
    while (!signal.aborted) {
      // What is left this time is removed the next.
      await this.removeOld().catch((error: unknown) => log.warn({ error }, 'old rows could not be removed'))
      await sleep(intervalMs, undefined, { signal, ref: false }).catch(() => {}) // Only closing ends the wait early.
    }
  }
}
