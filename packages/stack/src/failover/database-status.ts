/** Who is the primary, and how far its replicas are. */
import type { DatabaseNode, DatabaseStatus } from '../database-control.ts'
import { withClient } from '../postgres/connect.ts'
import { parseLsn } from '../postgres/wal.ts'
import type { SupervisedInstance } from '../supervised-instance.ts'
import type { Cluster } from './cluster.ts'

interface Answer {
  readonly timeline: number
  /** Flushed, or replayed. */
  readonly position: string
  readonly received: string
  readonly lagMs: number
  readonly isStreaming: boolean
}

const questionTimeoutMs = 1_000

// The name of a WAL file, which begins with the timeline, cannot be had from a replica; its receiver knows.
const question = `select
  case when r then coalesce((select received_tli from pg_stat_wal_receiver), (select timeline_id from pg_control_checkpoint()))
       else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end as timeline,
  (case when r then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end)::text as position,
  (case when r then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
        else pg_current_wal_flush_lsn() end)::text as received,
  (case when r and pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()
        then coalesce(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000, 0)
        else 0 end)::float8 as "lagMs",
  exists (select from pg_stat_wal_receiver where status = 'streaming') as "isStreaming"
  from pg_is_in_recovery() as r`

/** Asks every server that runs; those that do not answer are shown all the same. */
export const databaseStatus = async (
  cluster: Cluster,
  addressOf: (name: string) => string,
  isFailingOver: boolean,
): Promise<DatabaseStatus> => {
  const { primary } = cluster.roles
  const answers = new Map(
    await Promise.all(cluster.servers.map(async (server) => [server.name, await ask(cluster, server)] as const)),
  )
  const flushed = answers.get(primary)?.position
  const nodes = cluster.servers.map((server) =>
    nodeOf(server, server.name === primary, answers.get(server.name), flushed, addressOf(server.name)),
  )
  return { primary, isFailingOver, nodes }
}

const nodeOf = (
  { name, state }: SupervisedInstance,
  isPrimary: boolean,
  answer: Answer | undefined,
  flushed: string | undefined,
  address: string,
): DatabaseNode => {
  const bytesFrom = (position: string | undefined): number | undefined => {
    if (isPrimary || position === undefined || flushed === undefined) return undefined
    return Math.max(0, Number(parseLsn(flushed) - parseLsn(position)))
  }
  return {
    name,
    role: isPrimary ? 'primary' : 'replica',
    state,
    address,
    timeline: answer?.timeline,
    position: answer?.position,
    missingBytes: bytesFrom(answer?.received),
    lagBytes: bytesFrom(answer?.position),
    lagMs: isPrimary ? undefined : answer?.lagMs,
    isStreaming: isPrimary ? undefined : answer?.isStreaming,
  }
}

const ask = async (cluster: Cluster, { name, state }: SupervisedInstance): Promise<Answer | undefined> => {
  if (state !== 'ready') return undefined
  const limits = { connectionTimeoutMillis: questionTimeoutMs, query_timeout: questionTimeoutMs }
  return withClient({ ...cluster.configOf(name), ...limits }, async (client) => {
    const { rows } = await client.query<Answer>(question)
    return rows[0]
  }).catch(() => undefined)
}
