/** Processor time of processes and cores, as Linux counts it (proc(5)). */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** USER_HZ, 100 on every Linux that Node runs on. */
const tickMs = 10

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It has ended since it was named.
    return ''
  }
}

const childrenOf = (pid: number): number[] =>
  read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)

/** User and system time of a process, in milliseconds, with its children, running or ended. */
export const processorTimeMs = (pid: number): number => {
  const stat = read(`/proc/${pid}/stat`)
  // The name, in parentheses, may hold spaces: count from its end. utime, stime, cutime, cstime are fields 14 to 17.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs
  return childrenOf(pid).reduce((sum, child) => sum + processorTimeMs(child), own)
}

/** Milliseconds that a core was not idle, since the start of the machine. */
export const coreBusyMs = (core: number): number => {
  const line = read('/proc/stat')
    .split('\n')
    .find((candidate) => candidate.startsWith(`cpu${core} `))
  // user nice system idle iowait irq softirq steal; guest time is in user already.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (line ?? '')
    .split(' ')
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) * tickMs
}

/** Moves processes, and their children, to these cores: taskset(1). */
export const pin = (pids: readonly number[], cores: readonly number[]): void => {
  for (const pid of pids.flatMap((one) => [one, ...childrenOf(one)])) {
    execFileSync('taskset', ['-acp', cores.join(','), String(pid)], { stdio: 'ignore' })
  }
}
