/** One Postgres server as this process sees it: a pool to read with, one to write with, and a connection to ask it. */
import type { ClientConfig, PoolConfig } from 'pg'
import { withPassword } from './connection.ts'
import { ConnectionPool } from './connection-pool.ts'
import type { Log } from './log.ts'
import { Prober, type Sample } from './sample.ts'

export interface NodeOptions {
  /** `primary`, `replica-1`, …: what the settings call it, whatever its role has become. */
  readonly name: string
  readonly url: string
  readonly password: string | undefined
  readonly applicationName: string
  /** Most connections of each pool. */
  readonly poolMax: number
  /** Longest wait for a free one. */
  readonly poolWaitMs: number
  readonly poolMaxWaiting: number
  readonly connectTimeoutMs: number
  /** Longest statement; enforced by the server, and half a second later by this process, should it not answer that. */
  readonly readTimeoutMs: number
  readonly writeTimeoutMs: number
  readonly probeTimeoutMs: number
  /** A transaction pooler stands in between: no settings of the session, they would be another client's next time. */
  readonly behindPooler: boolean
  readonly onLost: (error: Error) => void
  readonly log: Log
}

const serverAnswerGraceMs = 500

export class DatabaseNode {
  readonly name: string
  /** Sessions refuse to write, also on the primary; and they take no connection away from writes. */
  readonly reads: ConnectionPool
  readonly writes: ConnectionPool
  readonly #prober: Prober

  constructor(options: NodeOptions) {
    const { name, readTimeoutMs, writeTimeoutMs, probeTimeoutMs, onLost } = options
    this.name = name
    this.reads = poolOf(options, readTimeoutMs, true)
    this.writes = poolOf(options, writeTimeoutMs, false)
    this.#prober = new Prober({ connection: connectionOf(options), timeoutMs: probeTimeoutMs, onLost })
  }

  sample(): Promise<Sample> {
    return this.#prober.sample()
  }

  refuseWaiting(reason: unknown): void {
    this.reads.refuseWaiting(reason)
    this.writes.refuseWaiting(reason)
  }

  renew(): void {
    this.reads.renew()
    this.writes.renew()
  }

  async close(): Promise<void> {
    this.#prober.close()
    await Promise.allSettled([this.reads.close(), this.writes.close()])
  }
}

/** Settings of a session, by name, in milliseconds. */
export const timeoutsOf = (statementTimeoutMs: number) => ({
  statement_timeout: statementTimeoutMs,
  lock_timeout: statementTimeoutMs,
  idle_in_transaction_session_timeout: statementTimeoutMs * 2,
})

const poolOf = (options: NodeOptions, statementTimeoutMs: number, readOnly: boolean): ConnectionPool => {
  const session: PoolConfig = {
    ...timeoutsOf(statementTimeoutMs),
    ...(readOnly && { options: '-c default_transaction_read_only=on' }),
  }
  return new ConnectionPool({
    node: options.name,
    pool: {
      ...connectionOf(options),
      query_timeout: statementTimeoutMs + serverAnswerGraceMs,
      ...(!options.behindPooler && session),
    },
    max: options.poolMax,
    waitMs: options.poolWaitMs,
    maxWaiting: options.poolMaxWaiting,
    log: options.log,
  })
}

const connectionOf = ({ url, password, applicationName, connectTimeoutMs }: NodeOptions): ClientConfig => ({
  connectionString: withPassword(url, password),
  application_name: applicationName,
  connectionTimeoutMillis: connectTimeoutMs,
  keepAlive: true,
})
