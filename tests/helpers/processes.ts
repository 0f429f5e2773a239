/** What the system says about processes, from the outside. */
import { readFileSync } from 'node:fs'

/** Linux only. */
export const childrenOf = (pid: number | undefined): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)

/** `T` is a process stopped by a signal, `Z` one that ended and that nobody has waited for (proc(5)). Linux only. */
export const processState = (pid: number): string | undefined =>
  /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]

export const isRunning = (pid: number | undefined): boolean => {
  if (pid === undefined) return false
  try {
    process.kill(pid, 0)
    // What lost its parent may stay as a zombie until init gets round to it.
    return process.platform !== 'linux' || processState(pid) !== 'Z'
  } catch {
    return false
  }
}
