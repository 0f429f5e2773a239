/** Sees to it that the new primary gets every change that the former one acknowledged. */
import { RoundtripError } from '@roundtrip/errors'
import { readControlFile } from '../postgres/control-file.ts'
import { readWalOf, receivedBy } from '../postgres/promotion.ts'
import { hasWalFrom } from '../postgres/wal.ts'
import type { Cluster } from './cluster.ts'

/** `received`: it has everything; `on-disk`: it reads the rest from the former primary's disk; `unknown`: nobody can tell. */
export type Completeness = 'received' | 'on-disk' | 'unknown'

/**
 * The former primary must have ended. A commit is acknowledged once it stands in the log on disk, so that the disk has all
 * that may not have been sent.
 */
export const completeLog = async (cluster: Cluster, former: string, target: string): Promise<Completeness> => {
  const config = cluster.configOf(target)
  const folder = cluster.folderOf(former)
  const received = await receivedBy(config).catch((cause: unknown) => {
    throw new RoundtripError('FAILOVER_FAILED', `${target} does not answer any more.`, { cause })
  })
  const control = await readControlFile(folder).catch(() => undefined)
  // The record of the last checkpoint is then the last of all.
  if (control?.isShutDown === true && control.checkpoint < received) return 'received'
  if (control === undefined || !(await hasWalFrom(folder, received))) return 'unknown'
  await readWalOf(config, folder)
  return 'on-disk'
}

/** What to do when nobody can tell. */
export const lossNotAccepted = (former: string, target: string): RoundtripError =>
  new RoundtripError(
    'FAILOVER_FAILED',
    `${target} may lack changes that ${former} acknowledged, and they cannot be read from the data of ${former} any more. Bring ${former} back, or lose them with ./roundtrip db failover --accept-loss.`,
  )
