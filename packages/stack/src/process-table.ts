/** Who runs on this machine: identity of a process, its descendants, its memory. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { isLinux } from './host.ts'

/** Fields of `/proc/<pid>/stat` after the command, which may itself hold spaces and parentheses (proc(5)). */
const statFields = (pid: number | string): string[] | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

const ps = (...args: string[]): string => {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return ''
  }
}

/**
 * When a process started, as an opaque token: pid and token together name one process for good, while a pid alone is
 * reused. Undefined when there is no such process, or only what is left of one that nobody waited for.
 */
export const startTokenOf = (pid: number): string | undefined => {
  if (!isLinux) return ps('-o', 'lstart=', '-p', String(pid)).replaceAll(/\s/g, '') || undefined
  const fields = statFields(pid)
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

/** Whether that very process still runs. */
export const isSameProcess = (pid: number, startToken: string): boolean => startTokenOf(pid) === startToken

/** Processes of a program that have this working folder. Only Linux says so: elsewhere always empty. */
export const processesIn = (folder: string, program: string): number[] => {
  if (!isLinux) return []
  const isOne = (pid: string): boolean => {
    try {
      const current = readlinkSync(`/proc/${pid}/cwd`)
      if (current !== folder && current !== `${folder} (deleted)`) return false
      return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === program
    } catch {
      // Ended, or of another user.
      return false
    }
  }
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && isOne(entry))
    .map(Number)
}

/** Children by parent, of everything that runs now. */
const childrenByParent = (): Map<number, number[]> => {
  const pairs = isLinux
    ? readdirSync('/proc')
        .filter((entry) => /^\d+$/.test(entry))
        .map((pid) => [Number(pid), Number(statFields(pid)?.[1] ?? -1)] as const)
    : ps('-axo', 'pid=,ppid=')
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
  const children = new Map<number, number[]>()
  for (const [pid, parent] of pairs) children.set(parent, [...(children.get(parent) ?? []), pid])
  return children
}

/** The process and all below it, parents first. Ask once for several: each call reads the process table. */
export const familiesOf = (pids: readonly number[]): Map<number, number[]> => {
  const children = childrenByParent()
  const family = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(family)]
  return new Map(pids.map((pid) => [pid, family(pid)]))
}

/**
 * Memory of one process in bytes. On Linux the proportional set size: pages shared with others count in parts, so that
 * the sum over processes is what they really take. Elsewhere the resident set size, which counts shared pages in full.
 */
export const memoryBytesOf = (pid: number): number | undefined => {
  if (!isLinux) {
    const kibibytes = Number.parseInt(ps('-o', 'rss=', '-p', String(pid)), 10)
    return Number.isNaN(kibibytes) ? undefined : kibibytes * 1024
  }
  try {
    const match = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
    return match?.[1] === undefined ? undefined : Number(match[1]) * 1024
  } catch {
    return undefined
  }
}
