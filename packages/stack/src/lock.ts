/** One holder per file: a lock that the system itself lets go when its holder dies, however it dies. */
import { DatabaseSync } from 'node:sqlite'

export interface Lock {
  release(): void
}

/** SQLITE_BUSY (sqlite.org/rescode.html). */
const busy = 5

/**
 * Takes the lock if it is free. The mechanism is an exclusive SQLite transaction, the one lock in Node's standard library that the
 * kernel holds: a file with a pid in it can be stale, and taking over a stale one is a race.
 */
export const tryLock = (file: string): Lock | undefined => {
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === busy) return undefined
    throw error
  }
}

/** Waits for the lock, asking every 100 ms. */
export const lockWhenFree = async (file: string, onWait: () => void): Promise<Lock> => {
  let lock = tryLock(file)
  if (lock === undefined) onWait()
  while (lock === undefined) {
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
    lock = tryLock(file)
  }
  return lock
}
