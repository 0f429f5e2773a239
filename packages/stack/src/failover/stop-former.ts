/** Sees to it that a primary takes no more writes: in order where it can, by force where it cannot, and makes sure. */
import { RoundtripError } from '@roundtrip/errors'
import { checkpoint } from '../postgres/promotion.ts'
import { familiesOf, processesIn } from '../process-table.ts'
import type { SupervisedInstance } from '../supervised-instance.ts'
import { within, type Cluster } from './cluster.ts'
import type { FailoverReport } from '../database-control.ts'

/** A shut-down sends all of the log to its replicas first. One that takes longer is frozen, or waits for a replica that is. */
const shutdownTimeoutMs = 5_000
const deathTimeoutMs = 5_000

/** Before anybody waits: what a checkpoint writes down now, the shut-down need not. Only for one that answers. */
export const prepareToStop = (cluster: Cluster, { name }: SupervisedInstance): Promise<void> =>
  // A shut-down that takes longer is no reason not to begin.
  checkpoint(cluster.configOf(name)).catch(() => {})

/**
 * @returns how it ended
 * @throws RoundtripError `FAILOVER_FAILED` when some process of it cannot be ended
 */
export const stopFormer = async (cluster: Cluster, former: SupervisedInstance): Promise<FailoverReport['former']> => {
  const { pid } = former
  // Somebody else may have frozen it, or a process of it: they take no other signal until they are continued.
  const family = pid === undefined ? [] : (familiesOf([pid]).get(pid) ?? [pid])
  for (const member of family) signalIfThere(member, 'SIGCONT')
  await former.stop(shutdownTimeoutMs)
  await endLeftOver(cluster, former)
  if (pid === undefined) return 'dead-before'
  return former.lastExit?.code === 0 ? 'shut-down' : 'killed'
}

/** Connections outlive their postmaster for a moment, and one that was frozen would commit when it is continued. */
const endLeftOver = async (cluster: Cluster, { name }: SupervisedInstance): Promise<void> => {
  const folder = cluster.folderOf(name)
  const isGone = await within(cluster, deathTimeoutMs, () => {
    const pids = processesIn(folder, 'postgres')
    for (const pid of pids) signalIfThere(pid, 'SIGKILL')
    return pids.length === 0
  })
  if (isGone) return
  const pids = processesIn(folder, 'postgres').join(', ')
  throw new RoundtripError('FAILOVER_FAILED', `${name} cannot be ended (pid ${pids}): it might go on taking writes.`)
}

const signalIfThere = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // Ended in the meantime.
  }
}
