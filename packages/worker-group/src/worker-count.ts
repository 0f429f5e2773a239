/** How many worker processes a setting means. */
import { availableParallelism } from 'node:os'

/** Sharing a port between processes takes Linux: elsewhere it is one. @param setting a number, or `auto` for one per core */
export const workerCount = (setting: string, cores: number = availableParallelism()): number => {
  if (process.platform !== 'linux') return 1
  return setting === 'auto' ? cores : Number(setting)
}
