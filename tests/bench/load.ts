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
  readonly warmUpSeconds: number
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

/** Runs generators to their end, all at once, one core each when there are several, and looks on after the warm-up. */
export const watchLoad = async (
  children: Children,
  programs: readonly Program[],
  cores: readonly number[],
  { serverPids, serverCores, originPids, warmUpSeconds }: Watched,
): Promise<{ said: string[]; busy: Busy }> => {
  const loadPids: number[] = []
  const look = () => ({
    at: performance.now(),
    server: total(serverPids, processorTimeMs),
    origin: total(originPids, processorTimeMs),
    load: total(loadPids, processorTimeMs),
    core: total(serverCores, coreBusyMs),
  })
  let before = look()
  let after = before
  const warm = setTimeout(() => (before = look()), warmUpSeconds * 1000)
  // The last look is taken while the generators are still there to be looked at.
  const repeat = setInterval(() => {
    const seen = look()
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
    const ms = after.at - before.at
    const serverMs = after.server - before.server
    const busy = {
      server: serverMs / ms / serverCores.length,
      origin: (after.origin - before.origin) / ms,
      load: (after.load - before.load) / ms / cores.length,
      others: Math.max(0, (after.core - before.core - serverMs) / ms / serverCores.length),
    }
    return { said, busy }
  } finally {
    clearTimeout(warm)
    clearInterval(repeat)
  }
}
