/** Reads to a replica, writes to the primary: the one door to the database. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { RoundtripError } from '@roundtrip/errors'
import { sessionOf, type Consistency } from './consistency.ts'
import { isBehind, isNodeBusy, isNodeGone, isRolledBackByConflict, isTooSlow } from './failure.ts'
import type { Log } from './log.ts'
import { fromLsn, type Lsn } from './lsn.ts'
import { DatabaseNode, type NodeOptions } from './node.ts'
import { queryableOver, type Queryable } from './queryable.ts'
import { ReplicaSet, type Wait } from './replica-set.ts'
import { inTransaction, type Committed } from './transaction.ts'
import { mayBegin, type WorkOptions } from './work-options.ts'

export interface DatabaseOptions {
  /** `postgres://user@host:port/database` */
  readonly primaryUrl: string
  readonly replicaUrls?: readonly string[]
  readonly password?: string | undefined
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string
  /** Connections per pool; the primary has one pool for writes and one for reads. Default 8. */
  readonly poolMax?: number
  /** Default 1000. */
  readonly connectTimeoutMs?: number
  /** Longest read statement; default 2000. */
  readonly readTimeoutMs?: number
  /** Longest statement, or wait for a lock, within a write; default 5000. */
  readonly writeTimeoutMs?: number
  /** Longest probe of a node; default 300. */
  readonly probeTimeoutMs?: number
  readonly log: Log
  readonly random?: () => number
  readonly wait?: Wait
}

/** A result, and the node that gave it: `primary` or `replica-1`, `replica-2`, … */
export interface Served<T> {
  readonly value: T
  readonly node: string
}

export interface DatabaseHealth {
  /** At least one node can answer reads. */
  readonly reachable: boolean
  /** `ok`, `ejected` or `unreachable`, by node. */
  readonly nodes: Readonly<Record<string, string>>
}

export interface Database {
  /**
   * Runs reads on a replica, in turn, and on the primary when none answers. `work` may run more than once. Within a
   * `write` of the same async context it runs in that transaction, and sees what it has written.
   * @throws RoundtripError `DATABASE_UNAVAILABLE` when no node answers
   * @throws RoundtripError `DEADLINE_EXCEEDED` when there was no time left to begin
   */
  read<T>(
    consistency: Consistency,
    work: (queryable: Queryable) => Promise<T>,
    options?: WorkOptions,
  ): Promise<Served<T>>
  /**
   * Runs `work` in one transaction on the primary; again from its start, when the server rolled it back because of
   * another transaction, so it must have no effects of its own.
   * @throws RoundtripError `DATABASE_UNAVAILABLE` when it certainly did not happen, `WRITE_OUTCOME_UNKNOWN` when it may have
   */
  write<T>(
    work: (transaction: Queryable) => Promise<T>,
    options?: WorkOptions,
  ): Promise<Committed<T> & { readonly node: string }>
  health(): Promise<DatabaseHealth>
  close(): Promise<void>
}

/** Runs of one write that others made the server roll back. */
const maxWriteAttempts = 3

/** Connects to nobody yet: the first read or write does. */
export const createDatabase = (options: DatabaseOptions): Database => {
  const { readTimeoutMs = 2_000, writeTimeoutMs = 5_000, replicaUrls = [], log, random = Math.random, wait } = options
  const node = (name: string, url: string, readOnly: boolean): DatabaseNode =>
    new DatabaseNode(nodeOptions(options, name, url, readOnly, readOnly ? readTimeoutMs : writeTimeoutMs))
  const primary = node('primary', options.primaryUrl, false)
  // A pool of its own: reads that fall back to the primary can neither write nor take the writes' connections.
  const primaryReads = node('primary', options.primaryUrl, true)
  const all = replicaUrls.map((url, index) => node(`replica-${index + 1}`, url, true))
  const replicas = new ReplicaSet(all, { log, random, ...(wait && { wait }) })
  const inHand = new AsyncLocalStorage<OpenTransaction>()

  return {
    read: async (consistency, work, workOptions = {}) => {
      const transaction = inHand.getStore()
      if (transaction?.open) return { value: await work(transaction.queryable), node: primary.name }
      mayBegin(workOptions)
      return read(replicas, primaryReads, consistency, work)
    },
    write: async (work, workOptions = {}) => {
      mayBegin(workOptions)
      return { ...(await write(primary, pinned(inHand, work))), node: primary.name }
    },
    health: () => health(primaryReads, all, replicas),
    close: async () => {
      await Promise.all([primary.close(), primaryReads.close(), replicas.close()])
    },
  }
}

const nodeOptions = (
  {
    password,
    applicationName = 'roundtrip',
    poolMax = 8,
    connectTimeoutMs = 1_000,
    probeTimeoutMs = 300,
    log,
  }: DatabaseOptions,
  name: string,
  url: string,
  readOnly: boolean,
  statementTimeoutMs: number,
): NodeOptions => ({
  name,
  url,
  password,
  applicationName,
  poolMax,
  connectTimeoutMs,
  statementTimeoutMs,
  probeTimeoutMs,
  readOnly,
  log,
})

/** The transaction of an async context; work that outlives it must not use its connection. */
interface OpenTransaction {
  readonly queryable: Queryable
  open: boolean
}

const pinned =
  <T>(inHand: AsyncLocalStorage<OpenTransaction>, work: (transaction: Queryable) => Promise<T>) =>
  async (queryable: Queryable): Promise<T> => {
    const transaction = { queryable, open: true }
    try {
      return await inHand.run(transaction, () => work(queryable))
    } finally {
      transaction.open = false
    }
  }

const notCaughtUp = Symbol('not caught up')

const read = async <T>(
  replicas: ReplicaSet,
  primary: DatabaseNode,
  consistency: Consistency,
  work: (queryable: Queryable) => Promise<T>,
): Promise<Served<T>> => {
  const atLeast = sessionOf(consistency)
  for (const replica of consistency === 'strong' ? [] : replicas.inTurn()) {
    try {
      const value = await replica.use(async (client) => {
        const queryable = queryableOver(client)
        return atLeast === undefined || (await hasReplayed(queryable, atLeast)) ? work(queryable) : notCaughtUp
      })
      if (value !== notCaughtUp) return { value: value as T, node: replica.name }
    } catch (error) {
      if (isNodeGone(error)) replicas.eject(replica, error)
      else if (!isNodeBusy(error) && !isBehind(error)) throw explained(error)
    }
  }
  try {
    return { value: await primary.use((client) => work(queryableOver(client))), node: primary.name }
  } catch (error) {
    throw explained(error)
  }
}

const hasReplayed = async (queryable: Queryable, lsn: Lsn): Promise<boolean> => {
  // Null on a former replica that has been promoted: it is no place to read from either.
  const [row] = await queryable.query<{ replayed: boolean | null }>(
    'select pg_last_wal_replay_lsn() >= $1::pg_lsn as replayed',
    [fromLsn(lsn)],
  )
  return row?.replayed === true
}

const write = async <T>(primary: DatabaseNode, work: (transaction: Queryable) => Promise<T>): Promise<Committed<T>> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await primary.use((client) => inTransaction(client, work))
    } catch (error) {
      if (!isRolledBackByConflict(error) || attempt === maxWriteAttempts) throw explained(error)
    }
  }
}

/** What a caller can act on; anything else (a broken constraint, a wrong query) stays what it is. */
const explained = (error: unknown): unknown =>
  isNodeGone(error) || isNodeBusy(error) || isTooSlow(error)
    ? new RoundtripError('DATABASE_UNAVAILABLE', undefined, { cause: error })
    : error

const health = async (
  primary: DatabaseNode,
  all: readonly DatabaseNode[],
  replicas: ReplicaSet,
): Promise<DatabaseHealth> => {
  const states = await Promise.all([
    primary.isInRecovery().then(
      () => [primary.name, 'ok'] as const,
      () => [primary.name, 'unreachable'] as const,
    ),
    ...all.map(async (replica) => [replica.name, await replicaState(replica, replicas)] as const),
  ])
  return { reachable: states.some(([, state]) => state === 'ok'), nodes: Object.fromEntries(states) }
}

/** Asking is an active health check as well: a replica found dead is ejected before a read meets it. */
const replicaState = async (replica: DatabaseNode, replicas: ReplicaSet): Promise<string> => {
  if (replicas.isEjected(replica)) return 'ejected'
  try {
    if (await replica.isInRecovery()) return 'ok'
    replicas.eject(replica, new Error('it is not in recovery any more: it has been promoted'))
  } catch (error) {
    replicas.eject(replica, error)
  }
  return 'ejected'
}
