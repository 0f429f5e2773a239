/** One transaction on the primary: all of it or nothing, and never an unsure outcome reported as a failure. */
import { RoundtripError } from '@roundtrip/errors'
import type { ClientBase, QueryResult } from 'pg'
import { isNodeGone } from './failure.ts'
import { toLsn, type Lsn } from './lsn.ts'
import { queryableOver, type Queryable } from './queryable.ts'

export interface Committed<T> {
  readonly value: T
  /** A position in the WAL at or after the commit: a replica that has replayed it shows this transaction. */
  readonly lsn: Lsn
}

/** @throws RoundtripError `WRITE_OUTCOME_UNKNOWN` when the connection broke between COMMIT and its answer */
export const inTransaction = async <T>(
  client: ClientBase,
  work: (transaction: Queryable) => Promise<T>,
): Promise<Committed<T>> => {
  await client.query('begin')
  let value: T
  try {
    value = await work(queryableOver(client))
  } catch (error) {
    // The server rolls back by itself when the connection is gone; the error to report is the first one either way.
    if (!isNodeGone(error)) await client.query('rollback').catch(() => {})
    throw error
  }
  return { value, lsn: await commit(client) }
}

const commit = async (client: ClientBase): Promise<Lsn> => {
  let results: [QueryResult, QueryResult<{ lsn: string }>]
  try {
    // One message, so that no failure can come between the commit and its position. After COMMIT, because a position
    // taken before it would not cover the commit record. Of what is flushed, because COMMIT has flushed its record,
    // and what others have inserted since reaches no replica until somebody flushes it.
    const sent: unknown = await client.query('commit; select pg_current_wal_flush_lsn()::text as lsn')
    results = sent as typeof results
  } catch (error) {
    if (isNodeGone(error)) throw new RoundtripError('WRITE_OUTCOME_UNKNOWN', undefined, { cause: error })
    throw error
  }
  const [{ command }, { rows }] = results
  // Postgres answers COMMIT of a failed transaction with ROLLBACK, and calls that success.
  if (command !== 'COMMIT') throw new Error('the transaction was rolled back: an error inside it had been ignored')
  return toLsn(rows[0]?.lsn ?? '0/0')
}
