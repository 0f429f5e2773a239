/** Makes a primary of a replica, with every change that can still be had of the former one. */
import { escapeLiteral, type Client, type ClientConfig } from 'pg'
import { withClient } from './connect.ts'
import { parseLsn } from './wal.ts'

/** Replay of what a replica has received but held back may take a while. */
const promotionTimeoutS = 60

/**
 * Ends recovery. All that has been received, or that `readWalOf` made readable, is replayed before, however far replay was
 * behind, paused or held back (PostgreSQL documentation §26.3).
 *
 * @throws Error when it is not done in time
 */
export const promote = (config: ClientConfig): Promise<void> =>
  withClient({ ...config, query_timeout: (promotionTimeoutS + 5) * 1000 }, async (client) => {
    const { rows } = await client.query<{ done: boolean }>(
      'select not pg_is_in_recovery() or pg_promote(true, $1) as done',
      [promotionTimeoutS],
    )
    if (rows[0]?.done !== true) throw new Error(`not promoted within ${promotionTimeoutS} s`)
    await readOwnWal(client)
  })

/**
 * Lets a replica read the log of its dead primary from the disk: commits are acknowledged once they stand there, whether
 * they were sent or not. In force until the promotion, also over a restart of the replica in between.
 */
export const readWalOf = (config: ClientConfig, deadPrimaryFolder: string): Promise<void> =>
  withClient(config, async (client) => {
    // `%` begins a placeholder of the setting; the rest is a shell's.
    const folder = `'${deadPrimaryFolder.replaceAll('%', '%%').replaceAll("'", String.raw`'\''`)}'`
    await client.query(`alter system set restore_command = ${escapeLiteral(`cp ${folder}/pg_wal/%f "%p"`)}`)
    await client.query('select pg_reload_conf()')
  })

/** Takes that back, when it comes to nothing. */
export const readWalOfNobody = (config: ClientConfig): Promise<void> => withClient(config, readOwnWal)

const readOwnWal = async (client: Client): Promise<void> => {
  await client.query('alter system reset restore_command')
  await client.query('select pg_reload_conf()')
}

/** Up to where a replica has the log. */
export const receivedBy = (config: ClientConfig): Promise<bigint> =>
  withClient(config, async (client) => {
    const { rows } = await client.query<{ position: string }>(
      'select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::text as position',
    )
    return parseLsn(rows[0]?.position ?? '0/0')
  })

/**
 * A commit of its own, flushed to disk, that leaves no trace in any table.
 *
 * @returns on which timeline, and where
 */
export const writeOnce = (config: ClientConfig): Promise<{ timeline: number; position: string }> =>
  withClient({ ...config, query_timeout: 5_000 }, async (client) => {
    const { rows } = await client.query<{ position: string; file: string }>(
      `select written::text as position, pg_walfile_name(written) as file
       from pg_logical_emit_message(true, 'roundtrip', 'failover') as written`,
    )
    const { position = '', file = '' } = rows[0] ?? {}
    return { timeline: Number.parseInt(file.slice(0, 8), 16), position }
  })

/** Writes down all changes now, so that the shut-down that follows has little left to write. */
export const checkpoint = (config: ClientConfig): Promise<void> =>
  withClient({ ...config, query_timeout: 5_000 }, async (client) => {
    await client.query('checkpoint')
  })
