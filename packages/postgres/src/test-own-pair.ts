/** For tests only: a primary and a replica of one's own, to pause, kill and promote without disturbing other tests. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, DatabaseError, type QueryResultRow } from 'pg'
import { withPassword } from './connection.ts'

const superuser = 'postgres'

/** The part of the test kit that is used here. */
interface Stack {
  readonly root: string
  readonly postgresFolder: string
  readonly data: { readonly primaryUrl: string; readonly replicaUrl: string; readonly databasePassword: string }
  instance(name: string): {
    readonly pid: number | undefined
    kill(signal: NodeJS.Signals): Promise<void>
    start(): Promise<void>
    waitFor(state: 'failed'): Promise<void>
  }
  stop(): Promise<void>
}

interface TestKit {
  startStack(options: { include: string[]; control: boolean; restart: boolean }): Promise<Stack>
}

/** By a variable, so that no reference stands in what is shipped: only tests need it, and it needs all of Postgres. */
const testKit = '@roundtrip/stack'

export interface OwnPair {
  readonly primaryUrl: string
  readonly replicaUrl: string
  readonly password: string
  /** Runs one statement as superuser. */
  ask<Row extends QueryResultRow>(url: string, sql: string): Promise<Row[]>
  /** As a machine that loses its power. */
  killPrimary(): Promise<void>
  /** Starts it again on what it had, not knowing that it was replaced. */
  startPrimary(): Promise<void>
  /** Makes a primary of the replica. */
  promoteReplica(): Promise<void>
  stop(): Promise<void>
}

export const startOwnPair = async (): Promise<OwnPair> => {
  const kit = (await import(testKit)) as TestKit
  const include = ['postgres-primary', 'postgres-replica']
  const stack = await kit.startStack({ include, control: false, restart: false })
  const { primaryUrl, replicaUrl, databasePassword } = stack.data
  const superuserPassword = await readFile(join(stack.root, 'secrets/database-superuser-password'), 'utf8')
  while (!(await letsIn(replicaUrl, databasePassword)));
  return {
    primaryUrl,
    replicaUrl,
    password: databasePassword,
    ask: (url, sql) => askAs(url, superuserPassword, sql),
    killPrimary: async () => {
      await stack.instance('postgres-primary').kill('SIGKILL')
      await stack.instance('postgres-primary').waitFor('failed')
    },
    startPrimary: () => stack.instance('postgres-primary').start(),
    promoteReplica: () => promote(stack, 'postgres-replica'),
    stop: () => stack.stop(),
  }
}

/** The role itself is replicated like anything else. */
const letsIn = async (url: string, password: string): Promise<boolean> => {
  const client = new Client({ connectionString: withPassword(url, password) })
  try {
    await client.connect()
    return true
  } catch (error) {
    if (error instanceof DatabaseError) return false
    throw error
  } finally {
    await client.end()
  }
}

const askAs = async <Row extends QueryResultRow>(url: string, password: string, sql: string): Promise<Row[]> => {
  const { hostname: host, port, pathname } = new URL(url)
  const client = new Client({ host, port: Number(port), user: superuser, password, database: pathname.slice(1) })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

/** As `pg_ctl promote` does it, which needs no password. */
const promote = async (stack: Stack, name: string): Promise<void> => {
  const { pid } = stack.instance(name)
  if (pid === undefined) throw new Error(`${name} does not run`)
  await writeFile(join(stack.postgresFolder, name, 'promote'), '')
  process.kill(pid, 'SIGUSR1')
}
