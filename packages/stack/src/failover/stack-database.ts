/** The Postgres servers of a running stack as one: one failover at a time, and none beside the stack's own end. */
import { RoundtripError } from '@roundtrip/errors'
import type { DatabaseControl, DatabaseStatus, FailoverOptions, FailoverReport } from '../database-control.ts'
import type { Cluster } from './cluster.ts'
import { databaseStatus } from './database-status.ts'
import { failover } from './failover.ts'

export class StackDatabase implements DatabaseControl {
  readonly #cluster: Cluster | undefined
  readonly #addressOf: (name: string) => string
  #running: Promise<FailoverReport> | undefined
  #isClosed = false

  /** @param cluster undefined when the stack runs no Postgres @param addressOf host and port by name */
  constructor(cluster: Cluster | undefined, addressOf: (name: string) => string) {
    this.#cluster = cluster
    this.#addressOf = addressOf
  }

  async status(): Promise<DatabaseStatus> {
    return databaseStatus(this.#there(), this.#addressOf, this.#running !== undefined)
  }

  async failover(options: FailoverOptions = {}): Promise<FailoverReport> {
    const cluster = this.#there()
    if (this.#isClosed) throw new RoundtripError('FAILOVER_REFUSED', 'The stack is stopping.')
    if (this.#running !== undefined) throw new RoundtripError('FAILOVER_IN_PROGRESS')
    this.#running = failover(cluster, options).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Lets a failover come to its end, and no other begin. */
  async close(): Promise<void> {
    this.#isClosed = true
    // Its caller is told how it went.
    await this.#running?.catch(() => {})
  }

  #there(): Cluster {
    if (this.#cluster !== undefined) return this.#cluster
    throw new RoundtripError('FAILOVER_REFUSED', 'This stack runs no Postgres: start all of it with ./roundtrip up.')
  }
}
