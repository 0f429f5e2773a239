/** An edge before two next hops, and load on it, for as long as a test runs. */
import { onTestFinished } from 'vitest'
import { startEdgeProcess, type EdgeProcess } from '../../helpers/edge-process.ts'
import { CheckedLoad, type LoadOptions } from './checked-load.ts'
import { OriginProcess } from './origin-process.ts'

export interface Scene {
  readonly edge: EdgeProcess
  readonly load: CheckedLoad
  readonly first: OriginProcess
  readonly second: OriginProcess
}

/** Health checks and timeouts are short enough for a test, and long enough for a machine that has other things to do. */
const poolOf = (...origins: readonly OriginProcess[]) => ({
  members: origins.map(({ address }) => ({ origin: address })),
  healthCheck: { path: '/health', intervalMs: 100 },
  retry: {
    on: ['connect-failure', 'reset', 'timeout', '502', '503'],
    perTryTimeoutMs: 1000,
    // What is shown here is what can be retried, not how much of it a pool is ready to bear.
    budgetPercent: 1000,
  },
})

/** Nothing is cached: every answer comes through. */
export const settingsFor = (first: OriginProcess, second: OriginProcess) => ({
  pools: { web: poolOf(first, second) },
  routes: [{ name: 'all', cache: { enabled: false } }],
})

const startOrigin = async (): Promise<OriginProcess> => {
  const origin = await OriginProcess.start()
  onTestFinished(() => origin.kill())
  return origin
}

/** Resolves when the load is under way, all of it answered rightly. */
export const underLoad = async (
  environment: Readonly<Record<string, string>> = {},
  clients: Omit<LoadOptions, 'edge'> = {},
): Promise<Scene> => {
  const first = await startOrigin()
  const second = await startOrigin()
  const settings = settingsFor(first, second)
  const edge = await startEdgeProcess({ upstreams: [], settings, environment })
  onTestFinished(() => edge.stop())
  const load = new CheckedLoad({ ...clients, edge })
  onTestFinished(async () => void (await load.stop()))
  await load.answered(100)
  return { edge, load, first, second }
}
