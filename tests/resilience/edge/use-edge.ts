/** An edge before two next hops, and load on it, for as long as a test runs. */
import { onTestFinished } from 'vitest'
import { startEdgeProcess, type EdgeProcess } from '../../helpers/edge-process.ts'
import { CheckedLoad, type LoadOptions } from './checked-load.ts'
import { firstByteMs } from './origin-modes.ts'
import { OriginProcess, type OriginProtocol } from './origin-process.ts'

export interface Scene {
  readonly edge: EdgeProcess
  readonly load: CheckedLoad
  readonly first: OriginProcess
  readonly second: OriginProcess
}

/**
 * What is retried, how often and what that may cost is left as it is by default. Only times are shorter than a
 * production's: a test cannot wait 15 s for a next hop that stands still, nor seconds until health checks notice.
 */
const poolOf = (...origins: readonly OriginProcess[]) => ({
  members: origins.map(({ address }) => ({ origin: address })),
  protocol: origins[0]?.protocol,
  healthCheck: { path: '/health', intervalMs: 100 },
  timeouts: { firstByteMs },
})

/** One route, with the cache as it is by default: on. */
export const settingsFor = (first: OriginProcess, second: OriginProcess) => ({
  pools: { web: poolOf(first, second) },
  routes: [{ name: 'all' }],
})

const startOrigin = async (protocol?: OriginProtocol): Promise<OriginProcess> => {
  const origin = await OriginProcess.start(protocol)
  onTestFinished(() => origin.kill())
  return origin
}

/** Resolves when the load is under way, all of it answered rightly. */
export const underLoad = async (
  environment: Readonly<Record<string, string>> = {},
  clients: Omit<LoadOptions, 'edge'> = {},
  protocol?: OriginProtocol,
): Promise<Scene> => {
  const first = await startOrigin(protocol)
  const second = await startOrigin(protocol)
  const settings = settingsFor(first, second)
  const edge = await startEdgeProcess({
    upstreams: [],
    settings,
    environment: { EDGE_ADMIN_PORT: '0', ...environment },
  })
  onTestFinished(() => edge.stop())
  const load = new CheckedLoad({ ...clients, edge })
  onTestFinished(async () => void (await load.stop()))
  await load.answered(100)
  return { edge, load, first, second }
}
