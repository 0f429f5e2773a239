/** The folder of a stack: who may use it, what lies where in it, and what is removed at the end. */
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import { isLinux, unprivilegedAccount } from './host.ts'
import { tryLock } from './lock.ts'
import { readOwner, removeOwner, writeOwner, type Owner } from './owner.ts'
import { isReachable } from './postgres/binaries.ts'
import { startTokenOf } from './process-table.ts'

export interface StateFolder {
  readonly root: string
  readonly isTemporary: boolean
  readonly owner: Owner
  readonly logs: string
  readonly mailbox: string
  readonly secrets: string
  readonly pki: string
  readonly zoneFile: string
  readonly redis: string
  /** What runs, for the next launcher should this one not be able to clean up. */
  readonly processes: string
  /** Outside the root only when the account that runs Postgres cannot reach that. */
  readonly postgres: string
  /** Lets the next one in; removes a temporary folder unless it is to be kept. */
  release(keep: boolean): void
}

/** Postgres runs as another account when this is root: it must be able to walk through, not to look around. */
const folderMode = unprivilegedAccount === undefined ? 0o700 : 0o711

/**
 * Opens the folder for this process alone.
 *
 * @param path a fresh temporary folder when undefined
 * @throws RoundtripError `STACK_ALREADY_RUNNING` with `pid` and `startedAt` in its details
 */
export const openStateFolder = (path: string | undefined): StateFolder => {
  const root = realpathSync(path === undefined ? mkdtempSync(join(temporaryParent(), 'roundtrip-')) : made(path))
  if (path === undefined) chmodSync(root, folderMode)
  const lock = tryLock(join(root, 'lock'))
  if (lock === undefined) throw alreadyRunning(root)
  const owner = { pid: process.pid, startToken: startTokenOf(process.pid) ?? '', startedAt: new Date().toISOString() }
  writeOwner(root, owner)
  const outside = join('/var/lib/roundtrip', createHash('sha256').update(root).digest('hex').slice(0, 12))
  const folders = {
    logs: join(root, 'logs'),
    mailbox: join(root, 'mailbox'),
    secrets: join(root, 'secrets'),
    pki: join(root, 'pki'),
    redis: join(root, 'redis'),
    processes: join(root, 'processes'),
    postgres: join(isReachable(root) ? root : outside, 'postgres'),
  }
  for (const folder of [folders.logs, folders.mailbox, join(root, 'dns')]) mkdirSync(folder, { recursive: true })
  return {
    root,
    isTemporary: path === undefined,
    owner,
    ...folders,
    zoneFile: join(root, 'dns', 'roundtrip.test.zone'),
    release(keep) {
      removeOwner(root)
      lock.release()
      if (path !== undefined || keep) return
      for (const folder of [folders.postgres, root]) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Enough for several stacks at once; the 64 MB that containers get by default are not. */
const memoryMinBytes = 2 * 1024 ** 3

/** In memory where there is room: making the thousands of files of two clusters on disk takes longer than all the rest. */
const temporaryParent = (): string => {
  const memory = '/dev/shm'
  if (!isLinux || !existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize >= memoryMinBytes ? memory : tmpdir()
}

const made = (path: string): string => {
  if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: folderMode })
  return path
}

const alreadyRunning = (root: string): RoundtripError => {
  const owner = readOwner(root)
  const who = owner === undefined ? '' : ` (pid ${owner.pid}, since ${owner.startedAt})`
  return new RoundtripError('STACK_ALREADY_RUNNING', `A stack is already running in ${root}${who}.`, {
    details: { root, pid: owner?.pid, startedAt: owner?.startedAt },
  })
}
