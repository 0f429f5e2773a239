/** For tests only: the plans of all statements that this process runs in a test database, as Postgres reports them. */
import { Client } from 'pg'
import { withPassword } from '../connection.ts'
import type { TestDatabase } from '../test-database.ts'
import { fullScans, type FullScan, type PlanNode } from './full-scans.ts'

export interface RecordedPlan {
  /** The statement, also one that a foreign key ran by itself. */
  readonly query: string
  readonly plan: PlanNode
  readonly fullScans: readonly FullScan[]
}

export interface PlanRecorder {
  /** Of each statement since the start, each plan once. */
  plans(): RecordedPlan[]
  /** Foreign keys, as `table.column`, whose rows can only be found by reading all of the table. */
  foreignKeysWithoutIndex(): Promise<string[]>
  stop(): void
}

/**
 * Makes each session that begins from now on report its plans (PostgreSQL §F.3, auto_explain) as notices, and without
 * sequential scans wherever there is an index. Connections opened before go unseen.
 */
export const recordPlans = async (database: TestDatabase): Promise<PlanRecorder> => {
  const settings: Readonly<Record<string, string>> = {
    session_preload_libraries: 'auto_explain',
    'auto_explain.log_min_duration': '0',
    'auto_explain.log_format': 'json',
    'auto_explain.log_verbose': 'on',
    'auto_explain.log_nested_statements': 'on',
    'auto_explain.log_level': 'notice',
    enable_seqscan: 'off',
  }
  const name = new URL(database.primaryUrl).pathname.slice(1)
  for (const [setting, value] of Object.entries(settings)) {
    await ask(database, `alter database ${name} set ${setting} = '${value}'`)
  }
  await database.replicated()
  const partial = await ask<{ name: string }>(
    database,
    'select indexrelid::regclass::text as name from pg_index where indpred is not null',
  )
  const partialIndexes = new Set(partial.map((index) => index.name))
  const recorded = new Map<string, RecordedPlan>()
  const stop = onNotice((message) => {
    const read = readPlan(message)
    if (read !== undefined) {
      recorded.set(message.slice(message.indexOf('{')), { ...read, fullScans: fullScans(read.plan, partialIndexes) })
    }
  })
  return {
    plans: () => [...recorded.values()],
    foreignKeysWithoutIndex: async () => {
      const rows = await ask<{ name: string }>(database, foreignKeysWithoutIndex)
      return rows.map((key) => key.name)
    },
    stop,
  }
}

/** An index serves a key when the key's columns are its first ones, in any order. */
const foreignKeysWithoutIndex = `
  select conrelid::regclass::text || '.' || attname as name
  from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[1]
  where contype = 'f' and not exists (
    select from pg_index where indrelid = conrelid and indpred is null
      and (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey)
  order by 1`

/** Every client that connects from now on, whichever pool it is for. @returns a function that ends it */
const onNotice = (heard: (message: string) => void): (() => void) => {
  const { emit } = Client.prototype
  Client.prototype.emit = function (this: Client, event: string, ...rest: unknown[]): boolean {
    if (event === 'notice') heard(String((rest[0] as { readonly message?: string }).message))
    return Reflect.apply(emit, this, [event, ...rest])
  } as typeof emit
  return () => {
    Client.prototype.emit = emit
  }
}

/** `duration: 0.031 ms  plan:` and the plan as JSON. */
const readPlan = (message: string): Pick<RecordedPlan, 'query' | 'plan'> | undefined => {
  if (!/^duration: [\d.]+ ms {2}plan:/.test(message)) return undefined
  const report = JSON.parse(message.slice(message.indexOf('{'))) as { 'Query Text': string; Plan: PlanNode }
  return { query: report['Query Text'], plan: report.Plan }
}

const ask = async <Row extends object>({ primaryUrl, password }: TestDatabase, text: string): Promise<Row[]> => {
  const client = new Client({ connectionString: withPassword(primaryUrl, password) })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}
