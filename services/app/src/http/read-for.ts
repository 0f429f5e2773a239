/** A read on behalf of a visitor: within their time, not older than what they have written or read, and on the record. */
import type { Database, Queryable } from '@roundtrip/postgres'
import type { Audience } from './session-position.ts'
import type { Visit } from './visit.ts'

export interface ReadOptions {
  /** Who is shown what is read; default `visitor`. Whoever has changed nothing that anybody is shown reads it as all others do. */
  readonly audience?: Audience
  /** Only what the primary has now will do. */
  readonly isStrong?: boolean
}

/** @throws what `work` throws, and the database */
export const readFor = <T>(
  visit: Visit,
  database: Database,
  work: (queryable: Queryable) => Promise<T>,
  { audience = 'visitor', isStrong = false }: ReadOptions = {},
): Promise<T> => {
  const session = audience === 'anybody' ? visit.sharedPosition : visit.position
  const { signal, deadlineMs } = visit
  const options = { signal, deadlineMs, tellsPosition: session !== undefined }
  return visit.timings.database(async () => {
    const served = await database.read(isStrong ? 'strong' : { session }, work, options)
    if (served.seen !== undefined) visit.saw(served.seen)
    return served
  })
}
