/** The state of every instance, with what it costs. */
import { familiesOf, memoryBytesOf } from './process-table.ts'
import type { Addresses, Instance, StatusRow } from './stack.ts'
import { hostAndPort } from './service-settings.ts'

export interface LauncherProcesses {
  readonly startedAt: Date
  readonly reaperPid: number | undefined
  /** What started this process and waits for it. */
  readonly parentPids: readonly number[]
}

/** One row per instance, then one for the launcher and its reaper. */
export const statusOf = (
  instances: readonly Instance[],
  addresses: Addresses,
  primary: string,
  launcher: LauncherProcesses,
): StatusRow[] => {
  const pids = instances.map(({ pid }) => pid).filter((pid) => pid !== undefined)
  const families = familiesOf(pids)
  const now = Date.now()
  const rows = instances.map((instance): StatusRow => {
    const { name, tier, kind, state, pid, startedAt, restarts, lastExit } = instance
    return {
      name,
      tier,
      kind,
      state,
      pid,
      uptimeMs: startedAt === undefined || pid === undefined ? undefined : now - startedAt.getTime(),
      memoryBytes: pid === undefined ? undefined : sumOf(families.get(pid) ?? [pid]),
      restarts,
      lastExit,
      ...(kind === 'postgres' && { role: name === primary ? 'primary' : 'replica' }),
      addresses: Object.fromEntries(
        Object.keys(addresses[name]?.ports ?? {}).map((port) => [port, hostAndPort(addresses, name, port)]),
      ),
    }
  })
  return [...rows, launcherRow(launcher, now)]
}

const launcherRow = ({ startedAt, reaperPid, parentPids }: LauncherProcesses, now: number): StatusRow => ({
  name: 'launcher',
  tier: 'launcher',
  kind: 'launcher',
  state: 'ready',
  pid: process.pid,
  uptimeMs: now - startedAt.getTime(),
  memoryBytes: sumOf([process.pid, ...parentPids, ...(reaperPid === undefined ? [] : [reaperPid])]),
  restarts: 0,
  lastExit: undefined,
  addresses: {},
})

const sumOf = (pids: readonly number[]): number | undefined => {
  const sizes = pids.map(memoryBytesOf).filter((size) => size !== undefined)
  return sizes.length === 0 ? undefined : sizes.reduce((sum, size) => sum + size, 0)
}
