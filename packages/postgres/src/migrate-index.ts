/** What a broken-off CREATE INDEX CONCURRENTLY leaves behind: an index that every write maintains and no read uses. */
import type { Node } from 'libpg-query'
import type { ClientBase } from 'pg'

/** As `to_regclass` takes it: quoted, and with its schema if the statement names one. */
export const concurrentIndexOf = (node: Node): string | undefined => {
  if (!('IndexStmt' in node) || node.IndexStmt.concurrent !== true) return undefined
  const { idxname: name, relation } = node.IndexStmt
  if (name === undefined) return undefined
  return [relation?.schemaname, name]
    .filter((part) => part !== undefined)
    .map(quoted)
    .join('.')
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Drops the index if it is invalid, without a lock on its table that others would wait for. @returns whether it was */
export const dropInvalidIndex = async (client: ClientBase, index: string): Promise<boolean> => {
  const { rows } = await client.query(
    'select from pg_index where indexrelid = to_regclass($1) and not (indisvalid and indisready)',
    [index],
  )
  if (rows.length > 0) await client.query(`drop index concurrently if exists ${index}`)
  return rows.length > 0
}

/** Those that no migration claims, such as what a broken-off REINDEX CONCURRENTLY leaves; also one that is being built. */
export const invalidIndexes = async (client: ClientBase): Promise<string[]> => {
  const { rows } = await client.query<{ name: string }>(
    'select indexrelid::regclass::text as name from pg_index where not (indisvalid and indisready) order by 1',
  )
  return rows.map(({ name }) => name)
}
