/** Puts load on a server and sees who was busy meanwhile. */
import type { Children } from './children.ts'
import { coreBusyMs, processorTimeMs } from './cpu.ts'
import type { Plan } from './plan.ts'

/** Shares of a core (of all its cores for the load), 0 to 1. */
export interface Busy {
  readonly server: number
  readonly load: number
  readonly origin: number
  /** What others took of the server's core: noise. */
  readonly others: number
}

export interface Bystanders {
  readonly serverPid: number
  readonly originPid: number
}

interface Program {
  readonly command: string
  readonly args: readonly string[]
}

const busyShare = 0.95

/** The load generator or the origin is the limit, so the figure says nothing about the server. */
export const isBottleneckElsewhere = ({ server, load, origin }: Busy): boolean =>
  server < busyShare && (load >= busyShare || origin >= busyShare)

/** Runs generators to their end, all at once, one core each when there are several, and looks on after the warm-up. */
export const watchLoad = async (
  children: Children,
  programs: readonly Program[],
  cores: readonly number[],
  { serverPid, originPid }: Bystanders,
  { warmUpSeconds, serverCore }: Plan,
): Promise<{ said: string[]; busy: Busy }> => {
  const loadPids: number[] = []
  const look = () => ({
    at: performance.now(),
    server: processorTimeMs(serverPid),
    origin: processorTimeMs(originPid),
    load: loadPids.reduce((sum, pid) => sum + processorTimeMs(pid), 0),
    core: coreBusyMs(serverCore),
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
      server: serverMs / ms,
      origin: (after.origin - before.origin) / ms,
      load: (after.load - before.load) / ms / cores.length,
      others: Math.max(0, (after.core - before.core - serverMs) / ms),
    }
    return { said, busy }
  } finally {
    clearTimeout(warm)
    clearInterval(repeat)
  }
}
