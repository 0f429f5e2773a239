/** What has been applied, as recorded in the database, and what that leaves to do: forward only, nothing changed since. */
import { RoundtripError } from '@roundtrip/errors'
import type { ClientBase } from 'pg'
import type { MigrationFile } from './migrate-files.ts'

export interface AppliedMigration {
  readonly name: string
  /** Null when it was applied before checksums were recorded. */
  readonly checksum: string | null
}

/** In the order of their application. */
export const readHistory = async (client: ClientBase): Promise<AppliedMigration[]> => {
  const { rows: existing } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = to_regclass('migrations') and attnum > 0`,
  )
  if (existing.length === 0) {
    await client.query(
      `create table migrations (
         id serial primary key, name varchar(255) not null, run_on timestamptz not null, checksum text)`,
    )
  } else if (!existing.some(({ name }) => name === 'checksum')) {
    await client.query('alter table migrations add column checksum text')
  }
  const { rows } = await client.query<AppliedMigration>('select name, checksum from migrations order by id')
  return rows
}

/** Belongs into the transaction of the migration itself, where it has one. */
export const recordMigration = async (client: ClientBase, { name, checksum }: MigrationFile): Promise<void> => {
  await client.query('insert into migrations (name, run_on, checksum) values ($1, now(), $2)', [name, checksum])
}

/**
 * The files still to be applied. Applied ones without a file are those of a newer release: this one leaves them alone.
 * @throws RoundtripError `MIGRATION_CHANGED` when an applied file has been edited, `MIGRATION_FAILED` when a new one
 *   would come before one that has run
 */
export const pendingMigrations = (
  files: readonly MigrationFile[],
  history: readonly AppliedMigration[],
): MigrationFile[] => {
  const applied = new Map(history.map(({ name, checksum }) => [name, checksum]))
  for (const { name, file, checksum } of files) {
    const recorded = applied.get(name) ?? checksum
    if (recorded !== checksum) {
      throw new RoundtripError(
        'MIGRATION_CHANGED',
        `${file} has been changed since it was applied: restore it, and put the change into a new file.`,
      )
    }
  }
  const firstPending = files.findIndex(({ name }) => !applied.has(name))
  if (firstPending === -1) return []
  const pending = files.slice(firstPending)
  const [first] = pending
  const late = pending.find(({ name }) => applied.has(name))
  if (late !== undefined) {
    throw new RoundtripError(
      'MIGRATION_FAILED',
      `The database was not migrated: ${first?.file} comes before ${late.file}, which has already run: give it a later number.`,
    )
  }
  return pending
}
