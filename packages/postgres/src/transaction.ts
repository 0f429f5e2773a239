/** One transaction on the primary: all of it or nothing, and never an unsure outcome reported as a failure. */
import { RoundtripError } from '@roundtrip/errors'
import type { ClientBase, QueryResult } from 'pg'
import { untilSpent } from './cancel.ts'
import type { Lent } from './connection-pool.ts'
import { isNodeGone, NotPrimaryError } from './failure.ts'
import { timeoutsOf } from './node.ts'
import { positionFrom, positionQuery, type Position, type PositionRow } from './position.ts'
import { queryableOver, type Queryable } from './queryable.ts'
import type { StatementNames } from './statement-names.ts'
import type { Budget, Isolation } from './work-options.ts'

export interface Committed<T> {
  readonly value: T
  /** At or after the commit: a replica that has replayed the log up to here shows this transaction. */
  readonly lsn: Position
}

export interface TransactionOptions {
  readonly budget: Budget
  readonly isolation: Isolation | undefined
  readonly names: StatementNames
  /** Longest statement that the session allows. */
  readonly writeTimeoutMs: number
  /** A transaction pooler stands in between: each transaction may meet another server connection. */
  readonly behindPooler: boolean
  /** The server must be a primary on this timeline or a later one. */
  readonly timeline: number
  /** Asked once more before COMMIT. @throws when the server has been fenced meanwhile */
  readonly mayCommit: () => void
}

/**
 * @throws RoundtripError `WRITE_OUTCOME_UNKNOWN` when the connection broke between COMMIT and its answer
 * @throws NotPrimaryError when the server is no primary, or one that has been replaced
 */
export const inTransaction = async <T>(
  lent: Lent,
  options: TransactionOptions,
  work: (transaction: Queryable) => Promise<T>,
): Promise<Committed<T>> => {
  const { client, discard } = lent
  const queryable = queryableOver(client, options.names)
  let value: T
  try {
    value = await untilSpent(client, options.budget, discard, async () => {
      await begin(lent, options)
      return work(queryable)
    })
    options.mayCommit()
  } catch (error) {
    // The server rolls back by itself when the connection is gone; the error to report is the first one either way.
    if (!isNodeGone(error) && !lent.isDiscarded()) await client.query('rollback').catch(discard)
    throw error
  } finally {
    queryable.end()
  }
  return { value, lsn: await commit(client) }
}

const begin = async (lent: Lent, options: TransactionOptions): Promise<void> => {
  const { isolation, budget, behindPooler, writeTimeoutMs } = options
  const leftMs = Math.ceil(Math.min(budget.remainingMs, writeTimeoutMs))
  // One message: a transaction costs no more round trips for being limited and checked.
  const statements = [isolation === undefined ? 'begin' : `begin isolation level ${isolation}`]
  if (behindPooler) statements.push(...localSettings(leftMs))
  else if (leftMs < writeTimeoutMs) statements.push(`set local statement_timeout = ${leftMs}`)
  // A connection can't become another server's, nor that server a replica, without breaking; a pooler's can.
  if (!lent.isNew && !behindPooler) {
    await lent.client.query(statements.join('; '))
    return
  }
  const sent: unknown = await lent.client.query([...statements, whoAreYou].join('; '))
  const [answer] = (sent as QueryResult<{ timeline: string | null }>[]).at(-1)?.rows ?? []
  const timeline = Number.parseInt(answer?.timeline ?? '0', 16)
  if (timeline >= Math.max(1, options.timeline)) return
  lent.discard()
  throw new NotPrimaryError()
}

/** Null on a replica, where the function for the name of a WAL file does not run. */
const whoAreYou = `select case when r then null else left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline
  from pg_is_in_recovery() as r`

/** For one transaction what sessions otherwise have from their start. */
export const localSettings = (statementTimeoutMs: number): string[] =>
  Object.entries(timeoutsOf(statementTimeoutMs)).map(([name, value]) => `set local ${name} = ${value}`)

const commit = async (client: ClientBase): Promise<Position> => {
  let results: [QueryResult, QueryResult<PositionRow>]
  try {
    // One message, so that no failure can come between the commit and its position. After COMMIT, because a position
    // taken before it would not cover the commit record. Of what is flushed, because COMMIT has flushed its record,
    // and what others have inserted since reaches no replica until somebody flushes it.
    const sent: unknown = await client.query(`commit; ${positionQuery}`)
    results = sent as typeof results
  } catch (error) {
    if (isNodeGone(error)) throw new RoundtripError('WRITE_OUTCOME_UNKNOWN', undefined, { cause: error })
    throw error
  }
  const [{ command }, { rows }] = results
  // Postgres answers COMMIT of a failed transaction with ROLLBACK, and calls that success.
  if (command !== 'COMMIT') throw new Error('the transaction was rolled back: an error inside it had been ignored')
  const [row] = rows
  if (row === undefined) throw new RoundtripError('WRITE_OUTCOME_UNKNOWN')
  return positionFrom(row)
}
