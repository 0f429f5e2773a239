/** Waits until those who talk to the database have found its new primary, and the former one follows it. */
import { withClient } from '../postgres/connect.ts'
import { recreateSlot, slotOf } from '../postgres/primary.ts'
import type { SupervisedInstance } from '../supervised-instance.ts'
import { within, type Cluster } from './cluster.ts'

/** An instance asks each server four times a second, and one that was away once a second. */
const followTimeoutMs = 10_000
const streamTimeoutMs = 10_000

/** @returns whether the instance of the app takes writes again */
export const appFollows = (cluster: Cluster, origin: string): Promise<boolean> =>
  within(cluster, followTimeoutMs, async () => {
    const answer = await fetch(`${origin}/health/ready`, { signal: AbortSignal.timeout(1_000) })
    return hasPrimary(await answer.json())
  })

/** The checks of an app name each server as its settings do, and what it is. */
const hasPrimary = (health: unknown): boolean => {
  const { checks = {} } = health as { checks?: Readonly<Record<string, unknown>> }
  return checks['primary'] === 'ok' || Object.values(checks).includes('promoted')
}

/** Keeps the log for those who will follow, from before the moment when they have to. */
export const keepLogFor = async (cluster: Cluster, target: string): Promise<void> => {
  const others = cluster.servers.map(({ name }) => name).filter((name) => name !== target)
  for (const name of others) await recreateSlot(cluster.configOf(target), slotOf(name))
}

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
