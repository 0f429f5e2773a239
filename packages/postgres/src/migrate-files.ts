/** The folder of migrations: SQL files in the order of their numbers, each with the checksum that pins its content. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'

export interface MigrationFile {
  /** `1763700000001_shop`: the name it is recorded under. */
  readonly name: string
  /** `1763700000001_shop.sql` */
  readonly file: string
  readonly text: string
  /** SHA-256 of the text, in hex. */
  readonly checksum: string
}

const fileName = /^(?<number>\d+)_[\w-]+\.sql$/

/**
 * Reads every `<number>_<name>.sql`; other kinds of files are left alone.
 * @throws RoundtripError `MIGRATION_FAILED` for an SQL file with another name, and for two with one number
 */
export const readMigrationFiles = async (folder: string): Promise<MigrationFile[]> => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql'))
  const byNumber = new Map<bigint, string>()
  for (const file of files) {
    const number = fileName.exec(file)?.groups?.['number']
    if (number === undefined) throw misnamed(`${file} is not named <number>_<name>.sql.`)
    const other = byNumber.get(BigInt(number))
    if (other !== undefined) throw misnamed(`${other} and ${file} have the same number: which comes first?`)
    byNumber.set(BigInt(number), file)
  }
  const inOrder = [...byNumber].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Promise.all(inOrder.map(([, file]) => readMigrationFile(folder, file)))
}

const misnamed = (reason: string): RoundtripError =>
  new RoundtripError('MIGRATION_FAILED', `The database was not migrated: ${reason}`)

const readMigrationFile = async (folder: string, file: string): Promise<MigrationFile> => {
  // A checkout on Windows may end its lines differently; that is no change.
  const text = (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n')
  return { name: file.slice(0, -'.sql'.length), file, text, checksum: createHash('sha256').update(text).digest('hex') }
}
