/** Which replica becomes the primary, and why none can: nothing has been touched yet. */
import { RoundtripError } from '@roundtrip/errors'
import { withClient } from '../postgres/connect.ts'
import { parseLsn } from '../postgres/wal.ts'
import type { SupervisedInstance } from '../supervised-instance.ts'
import { serverOf, type Cluster } from './cluster.ts'

export interface Chosen {
  readonly server: SupervisedInstance
  /** Up to where it has the log. */
  readonly received: bigint
  /** How much it has not received; undefined when the primary does not answer. */
  readonly missingBytes: number | undefined
}

/** Far more than a shut-down sends in a second. */
const maxMissingBytes = 64 * 1024 * 1024

/**
 * @param to a name; the most advanced one when undefined
 * @throws RoundtripError `FAILOVER_REFUSED`
 */
export const chooseReplica = async (cluster: Cluster, to: string | undefined): Promise<Chosen> => {
  const candidates = to === undefined ? replicasOf(cluster) : [named(cluster, to)]
  const asked = await Promise.all(candidates.map((server) => positionOf(cluster, server)))
  const usable = asked.filter((answer) => typeof answer !== 'string')
  const [best] = usable.toSorted((a, b) => (a.received > b.received ? -1 : 1))
  if (best === undefined) throw refused(asked.filter((answer) => typeof answer === 'string').join(' '))
  const flushed = await flushedByPrimary(cluster)
  const missingBytes = flushed === undefined ? undefined : Math.max(0, Number(flushed - best.received))
  if (missingBytes !== undefined && missingBytes > maxMissingBytes) throw tooFarBehind(best.server.name, missingBytes)
  return { ...best, missingBytes }
}

const refused = (reason: string): RoundtripError => new RoundtripError('FAILOVER_REFUSED', reason)

const tooFarBehind = (name: string, bytes: number): RoundtripError =>
  refused(
    `${name} is ${Math.round(bytes / 1024 ** 2)} MiB behind its primary, too much to wait for: try again when ./roundtrip db status shows less than ${maxMissingBytes / 1024 ** 2} MiB.`,
  )

const replicasOf = (cluster: Cluster): SupervisedInstance[] => {
  const replicas = cluster.servers.filter(({ name }) => name !== cluster.roles.primary)
  if (replicas.length > 0) return replicas
  throw refused('This stack runs no replica that could take over: start all of it with ./roundtrip up.')
}

const named = (cluster: Cluster, name: string): SupervisedInstance => {
  const { primary } = cluster.roles
  if (name === primary) throw refused(`${name} is the primary already.`)
  if (cluster.servers.some((server) => server.name === name)) return serverOf(cluster, name)
  const replicas = cluster.servers.map((server) => server.name).filter((other) => other !== primary)
  throw refused(`${name} is not a replica of this stack; its replicas: ${replicas.join(', ') || 'none'}.`)
}

/** @returns why it cannot be it, as a sentence */
const positionOf = async (
  cluster: Cluster,
  server: SupervisedInstance,
): Promise<Pick<Chosen, 'server' | 'received'> | string> => {
  const { name, state } = server
  const remedy = state === 'paused' ? 'resume' : 'start'
  if (state !== 'ready') return `${name} is ${state}: ${remedy} it first with ./roundtrip ${remedy} ${name}.`
  try {
    const { isReplica, position } = await ask<{ isReplica: boolean; position: string | null }>(
      cluster,
      name,
      `select pg_is_in_recovery() as "isReplica",
              greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::text as position`,
    )
    if (isReplica) return { server, received: parseLsn(position ?? '0/0') }
    return `${name} was promoted by other means and takes writes of its own: stop it, remove ${cluster.folderOf(name)}, and start it to make it a replica again.`
  } catch (error) {
    return `${name} does not answer (${error instanceof Error ? error.message : String(error)}): try ./roundtrip restart ${name}.`
  }
}

const flushedByPrimary = async (cluster: Cluster): Promise<bigint | undefined> => {
  const { primary } = cluster.roles
  if (cluster.servers.find(({ name }) => name === primary)?.state !== 'ready') return undefined
  try {
    const { position } = await ask<{ position: string }>(
      cluster,
      primary,
      'select pg_current_wal_flush_lsn()::text as position',
    )
    return parseLsn(position)
  } catch {
    return undefined
  }
}

/** Short: whoever is frozen must not hold up the way round it. */
const questionTimeoutMs = 1_000

const ask = <Row extends object>(cluster: Cluster, name: string, question: string): Promise<Row> => {
  const limits = { connectionTimeoutMillis: questionTimeoutMs, query_timeout: questionTimeoutMs }
  return withClient({ ...cluster.configOf(name), ...limits }, async (client) => {
    const { rows } = await client.query<Row>(question)
    if (rows[0] === undefined) throw new Error('no answer')
    return rows[0]
  })
}
