/** A browser profile used once: nothing of the user's own browser is in it, and nothing of it is kept. */
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Chromium keeps a symbolic link `host-pid` while it runs on a profile. */
const isInUse = (profile: string): boolean => {
  try {
    const pid = Number(readlinkSync(join(profile, 'SingletonLock')).split('-').at(-1))
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Makes a new profile below the folder and removes those that no browser uses any more. */
export const freshProfile = (folder: string): string => {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    const profile = join(folder, name)
    if (!isInUse(profile)) rmSync(profile, { recursive: true, force: true })
  }
  return mkdtempSync(join(folder, 'profile-'))
}
