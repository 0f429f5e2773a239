/** The environment for what the launcher starts: the pinned tools first, nothing that npm left behind. */
import { delimiter, join } from 'node:path'

/** How the registry is reached is the user's to say; everything else npm sets would confuse pnpm. */
const kept = new Set(['npm_config_registry', 'npm_config_https_proxy', 'npm_config_proxy', 'npm_config_cafile'])

/**
 * @param {string} runtimeFolder `.runtime`; caches and state stay in it, so that nothing outside is changed
 * @param {NodeJS.ProcessEnv} environment
 */
export const cleanEnvironment = (runtimeFolder, environment = process.env) => {
  const clean = Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(npm_|pnpm_)/i.test(name) || kept.has(name.toLowerCase())),
  )
  delete clean.INIT_CWD
  return {
    ...clean,
    PATH: [join(runtimeFolder, 'bin'), environment.PATH ?? ''].join(delimiter),
    PNPM_HOME: join(runtimeFolder, 'pnpm-home'),
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  }
}

/** Adds where pnpm keeps caches and state; only for pnpm itself, since other programs use these variables too. */
export const pnpmEnvironment = (runtimeFolder, environment) => ({
  ...environment,
  XDG_CACHE_HOME: join(runtimeFolder, 'cache'),
  XDG_STATE_HOME: join(runtimeFolder, 'state'),
  XDG_DATA_HOME: join(runtimeFolder, 'data'),
  // Without a terminal pnpm must not stop to ask.
  CI: 'true',
})
