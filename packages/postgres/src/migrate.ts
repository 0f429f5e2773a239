/** Brings a database's schema up to date: SQL files in order, forward only, one runner at a time, beside a running shop. */
import { setTimeout as sleep } from 'node:timers/promises'
import { RoundtripError } from '@roundtrip/errors'
import { Client, type ClientBase } from 'pg'
import { withPassword } from './connection.ts'
import type { Log } from './log.ts'
import { applyMigration } from './migrate-apply.ts'
import { readMigrationFiles, type MigrationFile } from './migrate-files.ts'
import { pendingMigrations, readHistory } from './migrate-history.ts'
import { invalidIndexes } from './migrate-index.ts'

export interface MigrateOptions {
  /** Of the primary itself, not of a pooler: the lock that keeps runners apart belongs to the session. */
  readonly url: string
  readonly password?: string | undefined
  /** Folder of `<number>_<name>.sql` files. */
  readonly folder: string
  /** How long to wait while another process migrates; default 60 000. */
  readonly runnerTimeoutMs?: number
  /**
   * How long a statement may wait for a table that others use; default 2000. While it waits, everybody behind it
   * waits as well, so giving up early and trying again is kinder than stopping the shop.
   */
  readonly lockTimeoutMs?: number
  /** How often a migration is tried when locks are not free in time; default 10, which takes about a minute. */
  readonly lockAttempts?: number
  /** Longest statement of a migration in a transaction, default 30 000: its locks are held until the end. */
  readonly statementTimeoutMs?: number
  /** Longest statement that lets others go on (`concurrently`, `validate constraint`); default 3 600 000. */
  readonly onlineTimeoutMs?: number
  readonly log: Log
  readonly random?: () => number
  readonly wait?: (ms: number) => Promise<void>
}

/** Any number that nobody else uses for an advisory lock in this database. */
const advisoryLock = 7_309_453_871
const pollMs = 200

/**
 * Runs the migrations that have not run yet, each in a transaction of its own, so that none holds the locks of another.
 * @returns their names
 * @throws RoundtripError `MIGRATION_FAILED` (those before the failed one stay), `MIGRATION_UNSAFE` or
 *   `MIGRATION_CHANGED` (nothing has changed)
 */
export const migrate = async (options: MigrateOptions): Promise<string[]> => {
  const client = new Client({
    connectionString: withPassword(options.url, options.password),
    application_name: 'roundtrip-migrate',
    connectionTimeoutMillis: 5_000,
  })
  client.on('error', (error) => options.log.warn({ error }, 'connection lost while migrating'))
  try {
    const files = await readMigrationFiles(options.folder)
    await client.connect()
    await waitForTurn(client, options)
    const pending = pendingMigrations(files, await readHistory(client))
    if (pending.length > 0) await applyAll(client, files, pending, options)
    const invalid = await invalidIndexes(client)
    if (invalid.length > 0) {
      options.log.warn(
        { invalid },
        'invalid indexes: every write pays for them, no read uses them; drop or rebuild them',
      )
    }
    return pending.map(({ name }) => name)
  } catch (error) {
    if (error instanceof RoundtripError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new RoundtripError('MIGRATION_FAILED', `The database was not migrated: ${reason}`, { cause: error })
  } finally {
    await client.end() // Ends the session, and with it the advisory lock.
  }
}

/**
 * Asks again and again instead of waiting inside the server: a waiting statement is an open transaction, and the other
 * runner's CREATE INDEX CONCURRENTLY would wait for that one to end: a deadlock.
 */
const waitForTurn = async (client: ClientBase, options: MigrateOptions): Promise<void> => {
  const { runnerTimeoutMs = 60_000, wait = sleep, random = Math.random } = options
  for (let waitedMs = 0; ;) {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [advisoryLock])
    if (rows[0]?.mine === true) return
    if (waitedMs >= runnerTimeoutMs) throw new Error(`another process has been migrating for ${runnerTimeoutMs} ms`)
    const pauseMs = pollMs * (0.5 + random())
    await wait(pauseMs)
    waitedMs += pauseMs
  }
}

const applyAll = async (
  client: ClientBase,
  files: readonly MigrationFile[],
  pending: readonly MigrationFile[],
  options: MigrateOptions,
): Promise<void> => {
  // Only now: most starts have nothing to apply, and need no parser.
  const { checkMigrations } = await import('./lint/lint.ts')
  const parsed = await checkMigrations(files, pending)
  const { log, random = Math.random, wait = sleep } = options
  const { lockTimeoutMs = 2_000, lockAttempts = 10, statementTimeoutMs = 30_000, onlineTimeoutMs = 3_600_000 } = options
  const limits = { lockTimeoutMs, lockAttempts, statementTimeoutMs, onlineTimeoutMs, random, wait, log }
  for (const [index, migration] of pending.entries()) {
    await applyMigration(client, migration, parsed[index] ?? { file: migration.file, statements: [] }, limits)
    log.debug({ migration: migration.name }, 'migration applied')
  }
}
