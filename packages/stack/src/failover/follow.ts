/** Waits until those who talk to the database have found its new primary, and the former one follows it. */
import { withClient } from '../postgres/connect.ts'
import { dropSlot, recreateSlot, slotOf } from '../postgres/primary.ts'
import type { SupervisedInstance } from '../supervised-instance.ts'
import { within, type Cluster } from './cluster.ts'

/** An instance asks each server four times a second, and one that was away once a second. */
const followTimeoutMs = 10_000
const readAgainTimeoutMs = 2_000
const streamTimeoutMs = 10_000

/** @returns whether the instance of the app takes writes again */
export const appFollows = (cluster: Cluster, origin: string): Promise<boolean> =>
  within(cluster, followTimeoutMs, async () => {
    const servers = await serversSeenBy(origin)
    return servers.get('primary') === 'ok' || servers.values().some((state) => state === 'promoted')
  })

/** Until the app reads from the replica that came back: only then may the next primary go. */
export const appReadsAgain = (cluster: Cluster, origin: string): Promise<boolean> =>
  within(cluster, readAgainTimeoutMs, async () => {
    const servers = await serversSeenBy(origin)
    return servers.values().every((state) => state === 'ok' || state === 'promoted')
  })

/** The servers as the app's settings name them, and what it takes them for. To be asked makes the app look. */
const serversSeenBy = async (origin: string): Promise<ReadonlyMap<string, unknown>> => {
  const answer = await fetch(`${origin}/health/ready`, { signal: AbortSignal.timeout(1_000) })
  const { checks = {} } = (await answer.json()) as { checks?: Readonly<Record<string, unknown>> }
  return new Map(Object.entries(checks).filter(([name]) => /^(primary|replica-\d+)$/.test(name)))
}

/** Keeps the log for those who will follow, from before the moment when they have to. */
export const keepLogForOthers = async (cluster: Cluster, target: string): Promise<void> => {
  for (const name of othersThan(cluster, target)) await recreateSlot(cluster.configOf(target), slotOf(name))
}

/** Nobody will follow it after all. */
export const keepLogForNobody = async (cluster: Cluster, target: string): Promise<void> => {
  for (const name of othersThan(cluster, target)) await dropSlot(cluster.configOf(target), slotOf(name))
}

const othersThan = ({ servers }: Cluster, target: string): string[] =>
  servers.map(({ name }) => name).filter((name) => name !== target)

/**
 * Starts the former primary as a replica: as it is when it ended where the new one took over, else cloned from it.
 *
 * @returns whether it follows
 */
export const bringBack = async (cluster: Cluster, former: SupervisedInstance): Promise<boolean> => {
  await former.start()
  return within(cluster, streamTimeoutMs, () => isFollowedBy(cluster, former.name))
}

const isFollowedBy = (cluster: Cluster, replica: string): Promise<boolean> =>
  withClient(cluster.configOf(cluster.roles.primary), async (client) => {
    const { rows } = await client.query(
      "select from pg_stat_replication where application_name = $1 and state = 'streaming'",
      [slotOf(replica)],
    )
    return rows.length > 0
  })
