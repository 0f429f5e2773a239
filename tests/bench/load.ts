/** Puts load on a server and sees who was busy meanwhile. */
import type { Children } from './children.ts'
import { coreBusyMs, processorTimeMs } from './cpu.ts'

/** Shares, 0 to 1: of the cores of the servers, and of those of the load; of one core for the origin, which may have more. */
export interface Busy {
  readonly server: number
  readonly load: number
  readonly origin: number
  /** What others took of the servers' cores: noise. */
  readonly others: number
}

export interface Watched {
  readonly serverPids: readonly number[]
  readonly serverCores: readonly number[]
  /** What the servers ask: an origin, a database. */
  readonly originPids: readonly number[]
}

interface Program {
  readonly command: string
  readonly args: readonly string[]
}

const busyShare = 0.95

/** The load generator or the origin is the limit, so the figure says nothing about the server. */
export const isBottleneckElsewhere = ({ server, load, origin }: Busy): boolean =>
  server < busyShare && (load >= busyShare || origin >= busyShare)

const total = (numbers: readonly number[], of: (number: number) => number): number =>
  numbers.reduce((sum, number) => sum + of(number), 0)

/** Processor time so far, in milliseconds, and when it was read. */
interface Spent {
  readonly at: number
  readonly server: number
  readonly origin: number
  readonly load: number
  readonly core: number
}

export const lookAt = ({ serverPids, serverCores, originPids }: Watched, loadPids: readonly number[]): Spent => ({
  at: performance.now(),
  server: total(serverPids, processorTimeMs),
  origin: total(originPids, processorTimeMs),
  load: total(loadPids, processorTimeMs),
  core: total(serverCores, coreBusyMs),
})

/** @param loadCores how many the load has */
export const busyBetween = (before: Spent, after: Spent, { serverCores }: Watched, loadCores: number): Busy => {
  const ms = after.at - before.at
  const serverMs = after.server - before.server
  return {
    server: serverMs / ms / serverCores.length,
    origin: (after.origin - before.origin) / ms,
    load: (after.load - before.load) / ms / loadCores,
    others: Math.max(0, (after.core - before.core - serverMs) / ms / serverCores.length),
  }
}

/** Runs generators to their end, all at once, one core each when there are several, and looks on after the warm-up. */
export const watchLoad = async (
  children: Children,
  programs: readonly Program[],
  cores: readonly number[],
  watched: Watched,
  warmUpSeconds: number,
): Promise<{ said: string[]; busy: Busy }> => {
  const loadPids: number[] = []
  let before = lookAt(watched, loadPids)
  let after = before
  const warm = setTimeout(() => (before = lookAt(watched, loadPids)), warmUpSeconds * 1000)
  // The last look is taken while the generators are still there to be looked at.
  const repeat = setInterval(() => {
    const seen = lookAt(watched, loadPids)
    if (seen.load >= after.load) after = seen
  }, 100)
  try {
    const said = await Promise.all(
      programs.map(({ command, args }, index) =>
        children.run(
          command,
          args,
          { cores: programs.length === 1 ? cores : cores.slice(index % cores.length, (index % cores.length) + 1) },
          (pid) => loadPids.push(pid),
        ),
      ),
    )
    return { said, busy: busyBetween(before, after, watched, cores.length) }
  } finally {
    clearTimeout(warm)
    clearInterval(repeat)
  }
}
