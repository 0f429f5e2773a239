/** A write on behalf of a visitor: within their time, on the record of where it went, and seen by their next requests. */
import type { Database, Queryable, Written } from '@roundtrip/postgres'
import type { Visit } from './visit.ts'

/** @throws what `work` throws, and the database */
export const writeFor = async <T>(
  visit: Visit,
  database: Database,
  work: (transaction: Queryable) => Promise<T>,
): Promise<Written<T>> => {
  const written = await visit.timings.database(async () => {
    const value = await database.write(work, visit)
    return { value, node: value.node }
  })
  visit.wrote(written.lsn)
  return written
}
