/** Who is the primary at this moment: for a process that does one thing and exits, and needs no monitor. */
import { Client } from 'pg'
import { withPassword } from './connection.ts'

const timeoutMs = 3_000

// As the monitor asks: a former primary that came back is on a lower timeline.
const question = `select case when pg_is_in_recovery() then '0' else left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline`

/**
 * Asks all of them.
 *
 * @param urls where the primary may be, where it was supposed to be first
 * @returns the one that takes writes, on the highest timeline; the first one when none says so
 */
export const findPrimary = async (urls: readonly [string, ...string[]], password?: string): Promise<string> => {
  const answers = await Promise.all(urls.map(async (url) => ({ url, timeline: await timelineOf(url, password) })))
  const [best] = answers.toSorted((a, b) => b.timeline - a.timeline)
  return best === undefined || best.timeline === 0 ? urls[0] : best.url
}

/** 0 for a replica, and for who does not answer. */
const timelineOf = async (url: string, password: string | undefined): Promise<number> => {
  const client = new Client({
    connectionString: withPassword(url, password),
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  })
  client.on('error', () => {}) // Its question fails then, which is answer enough.
  try {
    await client.connect()
    const { rows } = await client.query<{ timeline: string }>(question)
    return Number.parseInt(rows[0]?.timeline ?? '0', 16)
  } catch {
    return 0
  } finally {
    await client.end().catch(() => {})
  }
}
