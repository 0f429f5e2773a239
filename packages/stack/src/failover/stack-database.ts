/** The Postgres servers of a running stack as one: one failover at a time, and none beside the stack's own end. */
import { once } from 'node:events'
import { RoundtripError } from '@roundtrip/errors'
import type { DatabaseControl, DatabaseStatus, FailoverOptions, FailoverReport } from '../database-control.ts'
import type { Cluster } from './cluster.ts'
import { databaseStatus } from './database-status.ts'
import { failover } from './failover.ts'

/** What a failover may take longer for, such as a server that freezes in the middle, the end of the stack does not. */
const closeTimeoutMs = 15_000

export class StackDatabase implements DatabaseControl {
  readonly #cluster: Cluster | undefined
  readonly #addressOf: (name: string) => string
  #running: Promise<FailoverReport> | undefined
  #isClosing = false

  /** @param cluster undefined when the stack runs no Postgres @param addressOf host and port by name */
  constructor(cluster: Omit<Cluster, 'isClosing'> | undefined, addressOf: (name: string) => string) {
    this.#cluster = cluster && { ...cluster, isClosing: () => this.#isClosing }
    this.#addressOf = addressOf
  }

  async status(): Promise<DatabaseStatus> {
    return databaseStatus(this.#there(), this.#addressOf, this.#running !== undefined)
  }

  async failover(options: FailoverOptions = {}): Promise<FailoverReport> {
    const cluster = this.#there()
    if (this.#isClosing) throw new RoundtripError('FAILOVER_REFUSED', 'The stack is stopping.')
    if (this.#running !== undefined) throw new RoundtripError('FAILOVER_IN_PROGRESS')
    this.#running = failover(cluster, options).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Lets a failover come to its end, but not for ever, and no other begin. */
  async close(): Promise<void> {
    this.#isClosing = true
    const late = AbortSignal.timeout(closeTimeoutMs)
    // Its caller is told how it went; what is left of it is carried out by the next start.
    await Promise.race([this.#running?.catch(() => {}), once(late, 'abort')])
  }

  #there(): Cluster {
    if (this.#cluster !== undefined) return this.#cluster
    throw new RoundtripError('FAILOVER_REFUSED', 'This stack runs no Postgres: start all of it with ./roundtrip up.')
  }
}
