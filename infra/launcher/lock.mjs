/** One launcher at a time works on `.runtime/`; the others wait for it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const pollMs = 200

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const ownerOf = (folder) => {
  try {
    return Number(readFileSync(join(folder, 'pid'), 'utf8'))
  } catch {
    // Taken a moment ago and not signed yet, or let go of just now.
    return undefined
  }
}

const tryTake = (folder) => {
  try {
    // Making a folder either succeeds or finds it there: an atomic test-and-set on every file system.
    mkdirSync(folder)
    writeFileSync(join(folder, 'pid'), String(process.pid))
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

/**
 * @template T
 * @param {string} folder the lock itself
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export const withLock = async (folder, work) => {
  while (!tryTake(folder)) {
    const owner = ownerOf(folder)
    // Whoever died while holding it cannot let go of it.
    if (owner !== undefined && !isAlive(owner)) rmSync(folder, { recursive: true, force: true })
    else await delay(pollMs)
  }
  try {
    return await work()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
