/** Brings a database's schema up to date: SQL files in order, one runner at a time, all or none (node-pg-migrate). */
import { RoundtripError } from '@roundtrip/errors'
import { runner } from 'node-pg-migrate'
import { Client } from 'pg'
import { withPassword } from './connection.ts'
import type { Log } from './log.ts'

export interface MigrateOptions {
  readonly url: string
  readonly password?: string | undefined
  /** Folder of `<timestamp>_<name>.sql` files. */
  readonly folder: string
  /** How long to wait while another process migrates; default 60 000. */
  readonly runnerTimeoutMs?: number
  /**
   * How long a statement may wait for a table that others use; default 5000. While it waits, everybody behind it
   * waits as well, so giving up early is kinder than stopping the shop.
   */
  readonly lockTimeoutMs?: number
  readonly log: Log
}

/** Any number that nobody else uses for an advisory lock in this database. */
const advisoryLock = 7_309_453_871

/**
 * Runs the migrations that have not run yet, in one transaction.
 * @returns their names
 * @throws RoundtripError `MIGRATION_FAILED`; nothing has changed then
 */
export const migrate = async (options: MigrateOptions): Promise<string[]> => {
  const client = new Client({
    connectionString: withPassword(options.url, options.password),
    application_name: 'roundtrip-migrate',
    connectionTimeoutMillis: 5_000,
  })
  client.on('error', (error) => options.log.warn({ error }, 'connection lost while migrating'))
  try {
    await client.connect()
    await waitForTurn(client, options)
    const ran = await run(client, options)
    return ran.map(({ name }) => name)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RoundtripError('MIGRATION_FAILED', `The database was not migrated: ${reason}`, { cause: error })
  } finally {
    await client.end() // Ends the session, and with it the advisory lock.
  }
}

const waitForTurn = async (client: Client, { runnerTimeoutMs = 60_000, lockTimeoutMs = 5_000 }: MigrateOptions) => {
  await client.query("select set_config('lock_timeout', $1, false)", [String(runnerTimeoutMs)])
  await client.query('select pg_advisory_lock($1)', [advisoryLock])
  await client.query("select set_config('lock_timeout', $1, false)", [String(lockTimeoutMs)])
}

const run = (client: Client, { folder, log }: MigrateOptions) =>
  runner({
    dbClient: client,
    dir: folder,
    direction: 'up',
    migrationsTable: 'migrations',
    singleTransaction: true,
    noLock: true, // Its own lock has no time limit; ours is already held.
    logger: {
      debug: (message) => log.debug({}, message),
      info: (message) => log.debug({}, message),
      warn: (message) => log.warn({}, message),
      error: (message) => log.warn({}, message),
    },
  })
