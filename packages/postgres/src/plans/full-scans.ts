/** Plans that read all of a table, so that they slow down as it grows (PostgreSQL §14.1, EXPLAIN). */

/** A node of `EXPLAIN (FORMAT JSON, VERBOSE)`. */
export interface PlanNode {
  readonly 'Node Type': string
  readonly Schema?: string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Filter?: string
  readonly Plans?: readonly PlanNode[]
}

export interface FullScan {
  readonly table: string
  readonly node: string
  /** What an index would have to be for; undefined when all rows are asked for. */
  readonly filter: string | undefined
}

/** These must have read all of their input before they give the first row: a limit above them saves nothing below. */
const blocking = new Set(['Sort', 'Incremental Sort', 'Aggregate', 'Hash', 'Materialize', 'WindowAgg', 'ModifyTable'])

/**
 * The scans of tables in `public` that no condition and no limit bounds. The plan should come from a session with
 * `enable_seqscan = off`: small tables are read whole although there is an index, and then a scan left over means
 * that there is none.
 * @param partialIndexes may be read whole: they hold only the rows that they are for
 */
export const fullScans = (plan: PlanNode, partialIndexes: ReadonlySet<string>): FullScan[] =>
  scansBelow(plan, partialIndexes, false)

const scansBelow = (plan: PlanNode, partialIndexes: ReadonlySet<string>, isLimited: boolean): FullScan[] => {
  const type = plan['Node Type']
  const limitedBelow = type === 'Limit' || (isLimited && !blocking.has(type))
  const below = (plan.Plans ?? []).flatMap((inner) => scansBelow(inner, partialIndexes, limitedBelow))
  const { 'Relation Name': table, Filter: filter } = plan
  if (table === undefined || plan.Schema !== 'public' || !readsAll(plan, partialIndexes, isLimited)) return below
  return [{ table, node: type, filter }, ...below]
}

const readsAll = (plan: PlanNode, partialIndexes: ReadonlySet<string>, isLimited: boolean): boolean => {
  const { 'Node Type': type, 'Index Name': index = '', 'Index Cond': condition, Filter: filter } = plan
  if (type === 'Seq Scan') return true
  if (!/^Index (Only )?Scan$/.test(type) || partialIndexes.has(index)) return false
  // In the order of the index until there is enough: without a filter that is as many rows as were asked for.
  if (condition === undefined) return !isLimited || filter !== undefined
  // From a cursor on (`id > $1`), the filter may throw away everything up to the end.
  return !condition.includes(' = ') && filter !== undefined
}
