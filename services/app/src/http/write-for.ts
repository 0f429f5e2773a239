/** A write on behalf of a visitor: within their time, on the record of where it went, and seen by their next requests. */
import type { Database, Queryable, Written } from '@roundtrip/postgres'
import type { Audience } from './session-position.ts'
import type { Visit } from './visit.ts'

/**
 * @param audience who is shown what is written; default `anybody`
 * @throws what `work` throws, and the database
 */
export const writeFor = async <T>(
  visit: Visit,
  database: Database,
  work: (transaction: Queryable) => Promise<T>,
  audience?: Audience,
): Promise<Written<T>> => {
  const written = await visit.timings.database(async () => {
    const value = await database.write(work, visit)
    return { value, node: value.node }
  })
  visit.wrote(written.lsn, audience)
  return written
}
