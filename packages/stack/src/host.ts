/** Facts of this machine and this checkout that no setting of ours changes. */
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** Root folder of the project. */
export const projectFolder = join(import.meta.dirname, '../../..')

/** Where fetched programs and caches live; never committed, safe to delete. */
export const runtimeFolder = join(projectFolder, '.runtime')

export const isLinux = process.platform === 'linux'

/** Postgres refuses to run as root, so that root hands its processes and files to this account ("nobody"). */
export const unprivilegedAccount: { uid: number; gid: number } | undefined =
  process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined

const passedOn = ['PATH', 'HOME', 'TZ', 'LANG'] as const

/**
 * The little of the environment that child processes get. The rest, such as npm's variables or a developer's credentials,
 * is none of their business.
 */
export const childEnvironment = (): Record<string, string> => {
  const environment = hostEnvironment()
  const passed = passedOn.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]]))
  return { ...Object.fromEntries(passed), NODE_COMPILE_CACHE: join(runtimeFolder, 'compile-cache') }
}

/** The environment of this process: machine facts such as PATH, no settings. */
export const hostEnvironment = (): Readonly<Record<string, string | undefined>> =>
  // oxlint-disable-next-line node/no-process-env -- the stack is started from anywhere, but PATH and HOME belong to the machine
  process.env

/** Whether this user may run the file; false also when there is none. */
export const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
