/** What the certificate task does: make or renew certificates, and stay to renew them again where that is wanted. */
import type { Static } from 'typebox'
import type { pkiSettings } from './config.ts'
import { ensurePki, type PkiFiles } from './pki-folder.ts'
import { publish } from './publish.ts'
import { renewLeaves } from './renew-leaves.ts'

export type PkiSettings = Readonly<Static<typeof pkiSettings>>

export interface TaskOutput {
  readonly info: (message: string, files: PkiFiles) => void
  readonly error: (message: string, error: unknown) => void
}

/** @returns how to end it; undefined when it has ended by itself */
export const runTask = async (settings: PkiSettings, output: TaskOutput): Promise<(() => void) | undefined> => {
  const { folder, names, leafLifetimeMs: lifetimeMs, publishFolder, renew } = settings
  const announce = (message: string, files: PkiFiles): void => {
    if (publishFolder !== undefined) publish(files, publishFolder)
    output.info(message, files)
  }
  announce('certificates ready', await ensurePki(folder, { names, lifetimeMs }))
  if (!renew) return undefined
  const stopRenewing = renewLeaves(folder, {
    names,
    lifetimeMs,
    onRenewed: (files) => announce('certificates renewed', files),
    onFailed: (error) => output.error('certificates could not be renewed; the old ones stay', error),
  })
  // Renewal alone keeps no process alive.
  const waiting = setInterval(() => undefined, 2 ** 30)
  return () => {
    stopRenewing()
    clearInterval(waiting)
  }
}
