/** Points in the history of a database that outlive its servers: timeline (PostgreSQL §25.3.5), then LSN, as text that sorts. */
import { toLsn, type Lsn } from './lsn.ts'
import type { Queryable } from './queryable.ts'

/**
 * Eight hex digits of timeline, then an `Lsn`. A promotion begins a timeline of its own, where the log may be shorter than
 * what was lost with the former primary: by its LSN alone a later commit would pass for an earlier one.
 */
export type Position = string

/** Up to where the log is flushed: only that reaches a replica. On a primary only. */
export const positionQuery =
  'select left(pg_walfile_name(flushed), 8) as timeline, flushed::text as lsn from pg_current_wal_flush_lsn() as flushed'

export interface PositionRow {
  readonly timeline: string
  readonly lsn: string
}

export const positionFrom = ({ timeline, lsn }: PositionRow): Position => `${timeline}${toLsn(lsn)}`

/** Whoever has replayed the log up to here has all that is committed now. For use within a write. */
export const currentPosition = async (queryable: Queryable): Promise<Position> => {
  const [row] = await queryable.query<PositionRow & Record<string, unknown>>(positionQuery)
  if (row === undefined) throw new Error('the position came without a row')
  return positionFrom(row)
}

/**
 * Up to where a node has shown the log to whoever has just read from it. Of a primary what is flushed, as above. On a replica
 * a commit can be seen an instant before its record counts as replayed: while more has been received than replayed, the
 * record that comes next is taken for seen.
 */
const seenQuery = `select case when not replica then left(pg_walfile_name(pg_current_wal_flush_lsn()), 8) end as timeline,
  (case when not replica then pg_current_wal_flush_lsn() when received > replayed then replayed + 1 else replayed end)::text as lsn
  from pg_is_in_recovery() as replica, pg_last_wal_replay_lsn() as replayed, pg_last_wal_receive_lsn() as received`

interface SeenRow {
  /** Null on a replica. */
  readonly timeline: string | null
  readonly lsn: string
}

/**
 * To be asked after the statements that it is about, on their connection.
 * @param asked what they had to see at least: there is no better source for the timeline of a replica
 */
export const seenPosition = async (queryable: Queryable, asked: Position): Promise<Position> => {
  const [row] = await queryable.query<SeenRow>(seenQuery)
  if (row === undefined) throw new Error('the position came without a row')
  return `${row.timeline ?? asked.slice(0, -16)}${toLsn(row.lsn)}`
}

/** Before all that stands on a timeline. */
export const startOf = (timeline: number): Position =>
  `${timeline.toString(16).padStart(8, '0').toUpperCase()}${toLsn('0/0')}`

/** A replica knows its timeline only from its last restart point, so it is held against the place in the log. */
export const lsnOf = (position: Position): Lsn => position.slice(-16)
