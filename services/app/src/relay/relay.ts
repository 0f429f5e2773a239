/** The relay: publishes what waits in the outbox for one destination, at least once, in order. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, Queryable } from '@roundtrip/postgres'
import type { FastifyBaseLogger } from 'fastify'
import { lockUnsent, markSent, type OutboxRow } from '../shop/outbox.ts'

/** Where rows of the outbox go. */
export interface Destination {
  /** Of the rows that are meant for it. */
  readonly name: string
  /** The same row may come more than once. @param transaction that holds the rows @throws when they have to come again */
  publish(rows: readonly OutboxRow[], transaction: Queryable): Promise<void>
}

export interface RelayOptions {
  readonly database: Database
  readonly queue: Destination
  /** How often it looks by itself, for what a crashed process or a lost queue left behind; default 2000. */
  readonly intervalMs?: number
  /** Shortest time between two looks when there is much to do: what comes meanwhile goes together; default 0. */
  readonly gapMs?: number
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>
}

const batchSize = 100

export class Relay {
  readonly #options: RelayOptions
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined
  #nudged = false
  #failing = false

  constructor(options: RelayOptions) {
    this.#options = options
  }

  /** Looks now, and from now on every interval. */
  start(): void {
    void this.#look()
  }

  /** Looks at once; called when a row was written. */
  nudge(): void {
    this.#nudged = true
    this.#run()
  }

  /** Stops looking; resolves when nothing is being published any more. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #look(): Promise<void> {
    const { signal } = this.#closing
    const { intervalMs = 2_000 } = this.#options
    while (!signal.aborted) {
      this.nudge()
      await this.#pause(intervalMs)
    }
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#closing
    await sleep(ms, undefined, { signal, ref: false }).catch(() => {}) // Only closing ends the wait early.
  }

  /** One run at a time: a nudge during a run makes it go round once more. */
  #run(): void {
    if (this.#closing.signal.aborted) return
    this.#running ??= this.#goRound().finally(() => {
      this.#running = undefined
      if (this.#nudged) this.#run()
    })
  }

  async #goRound(): Promise<void> {
    await this.#publishAll()
    const { gapMs = 0 } = this.#options
    if (this.#nudged && gapMs > 0) await this.#pause(gapMs)
  }

  async #publishAll(): Promise<void> {
    const { queue, log } = this.#options
    this.#nudged = false
    try {
      while ((await this.#publishBatch()) === batchSize && !this.#closing.signal.aborted);
      if (this.#failing) log.info({ queue: queue.name }, 'the outbox is being published again')
      this.#failing = false
    } catch (error) {
      // Nothing is lost, the rows stay; so one line says it, not one every interval.
      if (!this.#failing) log.warn({ error, queue: queue.name }, 'the outbox cannot be published; trying again')
      this.#failing = true
    }
  }

  /**
   * Publishes inside the transaction that locks the rows: should it end without marking them sent, or be run again,
   * they are published again under the same ids.
   */
  async #publishBatch(): Promise<number> {
    const { database, queue } = this.#options
    const { value } = await database.write(async (transaction) => {
      const rows = await lockUnsent(transaction, queue.name, batchSize)
      if (rows.length === 0) return 0
      await queue.publish(rows, transaction)
      await markSent(transaction, rows)
      return rows.length
    })
    return value
  }
}
