/** A streaming replica, which may have been the primary: follows the primary, and is cloned again when it cannot. */
import { existsSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import { escapeLiteral, type ClientConfig } from 'pg'
import { execute } from '../execute.ts'
import { database } from '../topology.ts'
import { withClient } from './connect.ts'
import { readControlFile } from './control-file.ts'
import { asPostgres, isInitialised, isStandby, wasStarted, writeOwned } from './data-folder.ts'
import { recreateSlot, slotState } from './primary.ts'
import { forkPoint, newestTimeline } from './wal.ts'

export interface ReplicaOptions {
  readonly primaryFolder: string
  readonly replicaFolder: string
  /** The primary, as superuser. */
  readonly primary: ClientConfig
  readonly slot: string
  /** Password of the application's role, which replicates. */
  readonly password: string
  readonly onProgress: (message: string) => void
}

/** Leaves a folder that a server can be started on and that follows the primary. */
export const prepareReplica = async (options: ReplicaOptions): Promise<void> => {
  const reason = await reasonToClone(options)
  if (reason !== undefined) {
    options.onProgress(`Cloning the replica from the primary: ${reason}.`)
    await clone(options)
  } else if (isFreshCopy(options.replicaFolder)) {
    await recreateSlot(options.primary, options.slot)
  }
  await follow(options)
}

const reasonToClone = async (options: ReplicaOptions): Promise<string | undefined> => {
  const { primaryFolder, replicaFolder, primary, slot } = options
  if (!isInitialised(replicaFolder)) return 'it has no data'
  if (isFreshCopy(replicaFolder)) return undefined
  const [own, others] = await Promise.all([readControlFile(replicaFolder), readControlFile(primaryFolder)])
  if (own.systemIdentifier !== others.systemIdentifier) return 'its data belongs to another primary'
  if (!isStandby(replicaFolder)) {
    await throwIfPromoted(options)
    if (!(await endsWherePrimaryTookOver(options))) {
      return 'it was the primary itself, and may have changes that the new one never got'
    }
  }
  // With the primary away nobody can tell: the replica starts, serves reads, and keeps asking.
  const state = await slotState(primary, slot).catch(() => 'kept')
  return state === 'kept' ? undefined : 'the primary no longer has the changes it missed'
}

/** Not by a failover, which would have written down the roles: then it is no copy that could be thrown away. */
const throwIfPromoted = async ({ primaryFolder, replicaFolder }: ReplicaOptions): Promise<void> => {
  if ((await newestTimeline(replicaFolder)) <= (await newestTimeline(primaryFolder))) return
  const name = basename(replicaFolder)
  const record = join(dirname(replicaFolder), 'primary')
  const message = `${name} was promoted by other means and may have changes of its own. To go on with them write ${name} into ${record}; to give them up remove ${replicaFolder}.`
  throw new RoundtripError('STACK_START_FAILED', message)
}

/** A former primary that was shut down, and whose last words the new one has replayed: it goes on as a replica as it is. */
const endsWherePrimaryTookOver = async ({ primaryFolder, replicaFolder }: ReplicaOptions): Promise<boolean> => {
  const { isShutDown, checkpoint, timeline } = await readControlFile(replicaFolder)
  const fork = await forkPoint(primaryFolder, timeline)
  return isShutDown && fork !== undefined && checkpoint < fork
}

/** A copy of a cluster made before any server ran on it, rather than a backup of a running one. */
const isFreshCopy = (folder: string): boolean => !wasStarted(folder) && !existsSync(join(folder, 'backup_label'))

const clone = async ({ primary, slot, replicaFolder }: ReplicaOptions): Promise<void> => {
  const backup = `${replicaFolder}.backup`
  const unfinished = `${replicaFolder}.new`
  for (const folder of [backup, unfinished, replicaFolder]) await rm(folder, { recursive: true, force: true })
  // First, so that no change made during the backup is recycled before the replica connects.
  await recreateSlot(primary, slot)
  await withClient({ ...primary, ...replicationProtocol }, (client) =>
    client.query(
      `BASE_BACKUP (LABEL 'replica', CHECKPOINT 'fast', WAL true, MANIFEST 'no', TARGET 'server',
                    TARGET_DETAIL ${escapeLiteral(backup)})`,
    ),
  )
  const options = asPostgres(replicaFolder)
  await execute('mkdir', ['-m', '0700', unfinished], options)
  await execute('tar', ['-xf', join(backup, 'base.tar'), '-C', unfinished], options)
  await rm(backup, { recursive: true })
  await rename(unfinished, replicaFolder)
}

/** The walsender accepts commands such as BASE_BACKUP; @types/pg does not know the option. */
const replicationProtocol = { replication: 'true' } as ClientConfig

const follow = async ({ primary, slot, password, replicaFolder }: ReplicaOptions): Promise<void> => {
  const connection = [
    `host=${primary.host}`,
    `port=${primary.port}`,
    `user=${database.user}`,
    `password=${password}`,
    'sslmode=disable',
    `application_name=${slot}`,
  ]
  // What a former primary kept for others, nobody asks of it any more (pg_basebackup leaves them out as well).
  if (!isStandby(replicaFolder)) await removeSlots(replicaFolder)
  await writeOwned(join(replicaFolder, 'standby.signal'), '')
  // In a file, as arguments are visible to every user of the machine.
  const settings = `primary_conninfo = '${connection.join(' ')}'\nprimary_slot_name = '${slot}'\n`
  await writeOwned(join(replicaFolder, 'postgresql.auto.conf'), settings)
}

const removeSlots = async (folder: string): Promise<void> => {
  const slots = join(folder, 'pg_replslot')
  for (const name of await readdir(slots)) await rm(join(slots, name), { recursive: true })
}
