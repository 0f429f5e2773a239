/** How the database is reached, and within which limits. */
import type { Log } from './log.ts'
import type { Wait } from './monitor.ts'

export interface DatabaseOptions {
  /** `postgres://user@host:port/database`. Where the primary was when the settings were written: whoever is it now is found. */
  readonly primaryUrl: string
  readonly replicaUrls?: readonly string[]
  readonly password?: string | undefined
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string
  /** Connections per pool; each node has one pool for reads and one for writes. Default 8. */
  readonly poolMax?: number
  /** Longest wait for a connection of a pool; default 500. */
  readonly poolWaitMs?: number
  /** Most units of work that wait for one; default 1000. */
  readonly poolMaxWaiting?: number
  /** Default 1000. */
  readonly connectTimeoutMs?: number
  /** Longest read statement; default 2000. */
  readonly readTimeoutMs?: number
  /** Longest statement, or wait for a lock, within a write; default 5000. */
  readonly writeTimeoutMs?: number
  /** Longest question to a node what it is; default 300. */
  readonly probeTimeoutMs?: number
  /** Between two such questions; default 250. */
  readonly monitorIntervalMs?: number
  /** Longest wait of a session's read for a replica to replay what the session wrote; default 50. */
  readonly sessionWaitMs?: number
  /** A replica further behind gets no reads; default 64 MiB. */
  readonly maxLagBytes?: number
  /** Default 10 000. */
  readonly maxLagMs?: number
  /** How long a replica that returns takes to its full share of the reads; default 10 000. */
  readonly rampMs?: number
  /**
   * The URLs lead to PgBouncer or another pooler in transaction mode: timeouts and read-only are set per transaction, at
   * the price of two more round trips per read. Default false.
   */
  readonly behindPooler?: boolean
  /** Default true, and false behind a pooler: PgBouncer follows them from 1.21 on, with `max_prepared_statements`. */
  readonly preparedStatements?: boolean
  readonly log: Log
  /** From 0 up to 1. */
  readonly random?: () => number
  /** Milliseconds, monotonic; deadlines are on it. Default `performance.now`. */
  readonly clock?: () => number
  /** Between two questions of the monitor. */
  readonly wait?: Wait
}
