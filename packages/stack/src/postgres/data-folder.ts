/** The folder of one Postgres server: made, copied, checked, and cleaned of what a crash left. */
import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execute } from '../execute.ts'
import { isLinux, unprivilegedAccount } from '../host.ts'
import { recordedLimits } from './server-settings.ts'

/** Owner of every new cluster; its password is in the secrets. */
export const superuser = 'postgres'

/** Creates the folder that holds data folders, owned by the account that runs Postgres. */
export const ensureParent = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o755 })
  if (unprivilegedAccount !== undefined) await chown(folder, unprivilegedAccount.uid, unprivilegedAccount.gid)
}

export const isInitialised = (folder: string): boolean => existsSync(join(folder, 'global/pg_control'))

/** Whether a server ever ran on it: a fresh copy of a fresh cluster needs nothing that the primary may have recycled. */
export const wasStarted = (folder: string): boolean => existsSync(join(folder, 'postmaster.opts'))

/** Whether a server on it would follow another one, or began to and was not promoted to the end. */
export const isStandby = (folder: string): boolean => existsSync(join(folder, 'standby.signal'))

/** Runs initdb next to the folder and renames the result, so that an interrupted attempt leaves nothing half made. */
export const initialise = async (initdb: string, folder: string, password: string): Promise<void> => {
  const unfinished = `${folder}.new`
  const passwordFile = `${folder}.password`
  await rm(unfinished, { recursive: true, force: true })
  await writeOwned(passwordFile, password)
  try {
    const auth = ['--auth=scram-sha-256', `--username=${superuser}`, `--pwfile=${passwordFile}`]
    const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
    const limits = Object.entries(recordedLimits).map(([name, value]) => `--set=${name}=${value}`)
    // What is not yet in use need not be on disk: losing it to a power cut costs another initdb.
    const all = [`--pgdata=${unfinished}`, ...auth, ...locale, ...limits, '--no-sync', '--no-instructions']
    await execute(initdb, all, asPostgres(folder))
  } finally {
    await rm(passwordFile, { force: true })
  }
  await rename(unfinished, folder)
}

/** Options to run a program as the account that owns the data, from a folder it may read. */
export const asPostgres = (folder: string): { cwd: string; uid?: number; gid?: number } => ({
  cwd: dirname(folder),
  ...unprivilegedAccount,
})

/** Copies a cluster that no server runs on. */
export const copyCluster = async (from: string, to: string): Promise<void> => {
  await rm(to, { recursive: true, force: true })
  await rm(`${to}.new`, { recursive: true, force: true })
  await execute('cp', ['-R', '-p', from, `${to}.new`], asPostgres(to))
  await rename(`${to}.new`, to)
}

export const writeOwned = async (file: string, text: string): Promise<void> => {
  await writeFile(file, text, { mode: 0o600 })
  if (unprivilegedAccount !== undefined) await chown(file, unprivilegedAccount.uid, unprivilegedAccount.gid)
}

/**
 * Removes a `postmaster.pid` whose process is gone or is something else by now: Postgres itself only looks whether *any* process
 * has that pid. When a server does run on the folder, Postgres refuses to start a second one.
 */
export const clearLeftovers = async (folder: string): Promise<void> => {
  const pidFile = join(folder, 'postmaster.pid')
  const text = await readFile(pidFile, 'utf8').catch(() => undefined)
  if (text === undefined || (await runsOn(Number.parseInt(text, 10), folder))) return
  await rm(pidFile, { force: true })
}

/** A postmaster's working folder is its data folder. */
const runsOn = async (pid: number, folder: string): Promise<boolean> => {
  if (isLinux) return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === folder
  const command = await execute('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => '')
  return command.includes(folder)
}
