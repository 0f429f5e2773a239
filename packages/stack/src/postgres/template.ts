/** A fresh cluster that temporary stacks copy: initdb would take most of the time of their start. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runtimeFolder } from '../host.ts'
import { lockWhenFree } from '../lock.ts'
import { isReachable } from './binaries.ts'
import { copyCluster, ensureParent, initialise, writeOwned } from './data-folder.ts'
import { recordedLimits } from './server-settings.ts'

const parent = join(runtimeFolder, 'postgres-template')

/** Whether the account that runs Postgres can read a template in this checkout. */
export const mayUseTemplate = (): boolean => isReachable(runtimeFolder)

/**
 * Makes a cluster at `folder` as a copy, and the template before that when there is none.
 *
 * @returns the password that the superuser has in the copy
 */
export const copyTemplate = async (initdb: string, folder: string): Promise<string> => {
  // Another version or other limits need another template.
  const key = createHash('sha256').update(initdb).update(JSON.stringify(recordedLimits)).digest('hex').slice(0, 12)
  const cluster = join(parent, key)
  const passwordFile = `${cluster}.superuser-password`
  if (!existsSync(cluster)) await makeOnce(initdb, cluster, passwordFile)
  await copyCluster(cluster, folder)
  return readFile(passwordFile, 'utf8')
}

const makeOnce = async (initdb: string, cluster: string, passwordFile: string): Promise<void> => {
  const lock = await lockWhenFree(join(runtimeFolder, 'postgres-template.lock'), () => {})
  try {
    if (existsSync(cluster)) return
    // Those of former versions.
    await rm(parent, { recursive: true, force: true })
    await ensureParent(parent)
    const password = randomBytes(24).toString('base64url')
    await writeOwned(passwordFile, password)
    await initialise(initdb, cluster, password)
  } finally {
    lock.release()
  }
}
