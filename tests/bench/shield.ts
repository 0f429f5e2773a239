/**
 * Keeps everything that runs already off some cores, as cset-shield(1) does: a thread of the kernel that looks through
 * memory for 60 ms every five seconds is what a 99th percentile shows otherwise.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

const numbersIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name))
  } catch {
    // The process has ended since it was named.
    return []
  }
}

const threads = (): string[] => numbersIn('/proc').flatMap((pid) => numbersIn(`/proc/${pid}/task`))

/** @returns false when the thread has ended, or may not be moved */
const move = (thread: string, cores: string): boolean => {
  try {
    execFileSync('taskset', ['-pc', cores, thread], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const allowedCores = (thread: string): string | undefined => {
  try {
    return /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(`/proc/${thread}/status`, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

/**
 * Moves what may run anywhere; what is bound to cores stays on them, and what is started on these on purpose comes later.
 * Only root may move what others started.
 *
 * @returns undoes it; the end of the process does as well
 */
export const shield = (cores: readonly number[]): (() => void) => {
  const all = Array.from({ length: availableParallelism() }, (_, core) => core)
  const others = all.filter((core) => !cores.includes(core)).join(',')
  const everywhere = `0-${all.length - 1}`
  if (others === '') return () => undefined
  const moved = threads().filter((thread) => allowedCores(thread) === everywhere && move(thread, others))
  const undo = (): void => {
    process.off('exit', undo)
    for (const thread of moved.splice(0)) move(thread, everywhere)
  }
  process.once('exit', undo)
  return undo
}
