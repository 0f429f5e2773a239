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

/** A replica knows its timeline only from its last restart point, so it is held against the place in the log. */
export const lsnOf = (position: Position): Lsn => position.slice(-16)
