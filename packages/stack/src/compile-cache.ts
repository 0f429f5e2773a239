/** Compiles the services before their first start, so that not each of their processes has to. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execute } from './execute.ts'
import { childEnvironment, projectFolder, runtimeFolder } from './host.ts'
import { nodeMemory } from './node-memory.ts'

const tiers = ['dns', 'edge', 'web', 'app', 'worker']

/**
 * Starts every service once without settings: it loads all of its modules, finds that it has no settings, and ends with
 * status 78, leaving a compile cache for those that follow. A process that has to strip types by itself keeps the
 * compiler in memory for as long as it lives, about 15 MB each; one file that is not in the cache is enough.
 * Does nothing when this was done before; a cache that is partly outdated still serves what has not changed.
 */
export const warmCompileCache = async (onProgress: (message: string) => void): Promise<void> => {
  const marker = join(runtimeFolder, 'compile-cache', 'warm')
  if (existsSync(marker)) return
  onProgress('Compiling the services (once).')
  await Promise.all(tiers.map(loadOnce))
  writeFileSync(marker, '')
}

const loadOnce = async (tier: string): Promise<void> => {
  const main = join(projectFolder, 'services', tier, 'src/main.ts')
  const env = { ...childEnvironment(), ...nodeMemory.environment }
  // It always ends with a status that is not 0; a service that cannot even be loaded tells so when it is started.
  await execute(process.execPath, [...nodeMemory.flags, main], { cwd: projectFolder, env }).catch(() => {})
}
