/** For tests only: an empty database of their own, on the Postgres pair that vitest's global set-up started. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { inject } from 'vitest'
import { withPassword } from './connection.ts'

/** What the global set-up provides. */
export interface DataTier {
  readonly primaryUrl: string
  readonly replicaUrl: string
  readonly databasePassword: string
  readonly cacheUrl: string
  readonly queueUrl: string
  readonly redisPassword: string
}

export interface TestDatabase {
  readonly primaryUrl: string
  readonly replicaUrl: string
  readonly password: string
  /** Resolves when the replica shows everything that the primary has committed until now. */
  replicated(): Promise<void>
  drop(): Promise<void>
}

export const dataTier = (): DataTier => inject('dataTier' as never) as DataTier

export const createTestDatabase = async (): Promise<TestDatabase> => {
  const { primaryUrl, replicaUrl, databasePassword: password } = dataTier()
  const name = `test_${randomBytes(6).toString('hex')}`
  await run(primaryUrl, password, `create database ${name}`)
  const replicated = () => untilReplayed(primaryUrl, replicaUrl, password)
  await replicated()
  return {
    primaryUrl: inDatabase(primaryUrl, name),
    replicaUrl: inDatabase(replicaUrl, name),
    password,
    replicated,
    drop: async () => {
      await run(primaryUrl, password, `drop database ${name} with (force)`)
    },
  }
}

const inDatabase = (url: string, name: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}

const untilReplayed = async (primaryUrl: string, replicaUrl: string, password: string): Promise<void> => {
  const [position] = await run<{ lsn: string }>(primaryUrl, password, 'select pg_current_wal_lsn()::text as lsn')
  const question = `select pg_last_wal_replay_lsn() >= '${position?.lsn}'::pg_lsn as done`
  while (!(await run<{ done: boolean }>(replicaUrl, password, question))[0]?.done) await sleep(5)
}

const run = async <Row extends object>(url: string, password: string, sql: string): Promise<Row[]> => {
  const client = new Client({ connectionString: withPassword(url, password) })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}
