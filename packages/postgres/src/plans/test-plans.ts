/** For tests only: the plans of all statements that this process runs, whichever pool or transaction they run in. */
import { Client } from 'pg'
import { withPassword } from '../connection.ts'
import type { TestDatabase } from '../test-database.ts'
import { fullScans, type FullScan, type PlanNode } from './full-scans.ts'

export interface RecordedPlan {
  readonly text: string
  readonly plan: PlanNode
  readonly fullScans: readonly FullScan[]
}

export interface PlanRecorder {
  /** Of each statement since the start that has a plan, with each of its values, as it would be planned now. */
  plans(database: TestDatabase): Promise<RecordedPlan[]>
  stop(): void
}

interface Recorded {
  readonly text: string
  readonly values: readonly unknown[]
}

/** Listens where every statement passes, so that new code needs to do nothing to be seen. */
export const recordPlans = (): PlanRecorder => {
  const recorded = new Map<string, Recorded>()
  const prototype: { query: unknown } = Client.prototype
  const { query } = prototype
  // One function with many signatures: it is called as it was, whatever the arguments.
  const recording = function (this: Client, ...given: unknown[]): unknown {
    const statement = statementOf(given)
    if (statement !== undefined && isPlanned.test(statement.text)) recorded.set(JSON.stringify(statement), statement)
    return Reflect.apply(query as typeof recording, this, given)
  }
  prototype.query = recording
  return {
    plans: (database) => withClient(database, (client) => explainAll(client, [...recorded.values()])),
    stop: () => {
      prototype.query = query
    },
  }
}

/** Foreign keys, as `table.column`, whose rows can only be found by reading all of their table, whenever a parent goes. */
export const foreignKeysWithoutIndex = (database: TestDatabase): Promise<string[]> =>
  withClient(database, async (client) => {
    // An index serves a key when the key's columns are its first ones, in any order.
    const { rows } = await client.query<{ name: string }>(
      `select conrelid::regclass::text || '.' || attname as name
       from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[1]
       where contype = 'f' and not exists (
         select from pg_index where indrelid = conrelid and indpred is null
           and (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey)
       order by 1`,
    )
    return rows.map(({ name }) => name)
  })

/** The one statement of its message; several at once, such as `commit; select …`, are no query of the application. */
const isPlanned = /^\s*(select|insert|update|delete|merge|with)\b[^;]*$/i

/** From `query(text, values)` and `query({ text, values })`. */
const statementOf = ([first, second]: readonly unknown[]): Recorded | undefined => {
  if (typeof first === 'string') return { text: first, values: Array.isArray(second) ? second : [] }
  const { text, values } = first as { readonly text?: string; readonly values?: readonly unknown[] }
  return text === undefined ? undefined : { text, values: values ?? [] }
}

const explainAll = async (client: Client, statements: readonly Recorded[]): Promise<RecordedPlan[]> => {
  await client.query('set enable_seqscan = off')
  const { rows } = await client.query<{ name: string }>(
    'select indexrelid::regclass::text as name from pg_index where indpred is not null',
  )
  const partialIndexes = new Set(rows.map(({ name }) => name))
  const plans: RecordedPlan[] = []
  for (const { text, values } of statements) {
    const explained = await client.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
      `explain (format json, verbose) ${text}`,
      [...values],
    )
    const plan = explained.rows[0]?.['QUERY PLAN'][0]?.Plan
    if (plan !== undefined) plans.push({ text, plan, fullScans: fullScans(plan, partialIndexes) })
  }
  return plans
}

const withClient = async <T>({ primaryUrl, password }: TestDatabase, work: (client: Client) => Promise<T>) => {
  const client = new Client({ connectionString: withPassword(primaryUrl, password) })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
