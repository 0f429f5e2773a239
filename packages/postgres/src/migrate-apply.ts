/** Applies one migration: in a transaction that waits for locks only briefly, or, when it is online, on its own. */
import { RoundtripError } from '@roundtrip/errors'
import { DatabaseError, type ClientBase } from 'pg'
import { isOnline } from './lint/online.ts'
import type { ParsedMigration } from './lint/parse.ts'
import type { Log } from './log.ts'
import type { MigrationFile } from './migrate-files.ts'
import { recordMigration } from './migrate-history.ts'
import { concurrentIndexOf, dropInvalidIndex } from './migrate-index.ts'
import { retryForLocks } from './migrate-retry.ts'

export interface ApplyOptions {
  readonly lockTimeoutMs: number
  readonly lockAttempts: number
  readonly statementTimeoutMs: number
  readonly onlineTimeoutMs: number
  readonly random: () => number
  readonly wait: (ms: number) => Promise<void>
  readonly log: Log
}

/** @throws RoundtripError `MIGRATION_FAILED`; of this migration nothing has changed then */
export const applyMigration = async (
  client: ClientBase,
  migration: MigrationFile,
  { statements }: ParsedMigration,
  options: ApplyOptions,
): Promise<void> => {
  const { file } = migration
  const { lockAttempts: attempts, random, wait, log } = options
  const online = statements.find(({ node }) => isOnline(node))
  const apply = online
    ? () => applyOnline(client, migration, concurrentIndexOf(online.node), options)
    : () => applyInTransaction(client, migration, options)
  try {
    await retryForLocks(apply, {
      attempts,
      random,
      wait,
      retrying: (error, pauseMs) => log.info({ error, file, pauseMs }, 'migration gave way to others; trying again'),
    })
  } catch (error) {
    throw explained(error, migration)
  }
}

const setTimeouts = (client: ClientBase, lockTimeoutMs: number, statementTimeoutMs: number): Promise<unknown> =>
  client.query("select set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false)", [
    String(lockTimeoutMs),
    String(statementTimeoutMs),
  ])

const applyInTransaction = async (client: ClientBase, migration: MigrationFile, options: ApplyOptions) => {
  await setTimeouts(client, options.lockTimeoutMs, options.statementTimeoutMs)
  await client.query('begin')
  try {
    await client.query(migration.text)
    await recordMigration(client, migration)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {}) // The first error is the one to report.
    throw error
  }
}

/**
 * Waits for locks as long as it may run: what it asks for stands in no reader's or writer's way. It can be run again
 * when it was applied but not recorded: the lint has seen to `if not exists`.
 */
const applyOnline = async (
  client: ClientBase,
  migration: MigrationFile,
  index: string | undefined,
  options: ApplyOptions,
) => {
  await setTimeouts(client, 0, options.onlineTimeoutMs)
  const dropLeftover = async (): Promise<void> => {
    if (index !== undefined && (await dropInvalidIndex(client, index))) {
      options.log.warn({ index, file: migration.file }, 'dropped the invalid index that a broken-off migration left')
    }
  }
  await dropLeftover()
  try {
    await client.query(migration.text)
  } catch (error) {
    await dropLeftover().catch(() => {}) // The next run finds it again.
    throw error
  }
  await recordMigration(client, migration)
}

const explained = (error: unknown, { file, text }: MigrationFile): RoundtripError => {
  const reason = error instanceof Error ? error.message : String(error)
  const position = error instanceof DatabaseError ? Number(error.position) : Number.NaN
  const place = Number.isNaN(position) ? file : `${file}:${text.slice(0, position - 1).split('\n').length}`
  return new RoundtripError('MIGRATION_FAILED', `The database was not migrated: ${place}: ${reason}`, { cause: error })
}
