/** An edge before two next hops, and load on it, for as long as a test runs. */
import { onTestFinished } from 'vitest'
import { startEdgeProcess, type EdgeProcess } from '../../helpers/edge-process.ts'
import { CheckedLoad } from './checked-load.ts'
import { OriginProcess } from './origin-process.ts'

export interface Scene {
  readonly edge: EdgeProcess
  readonly load: CheckedLoad
  readonly first: OriginProcess
  readonly second: OriginProcess
}

/** Short enough for a test, long enough for a machine that has other things to do. */
const impatient = {
  EDGE_HEALTH_CHECK_INTERVAL_MS: '100',
  EDGE_FIRST_BYTE_TIMEOUT_MS: '1000',
}

const startOrigin = async (): Promise<OriginProcess> => {
  const origin = await OriginProcess.start()
  onTestFinished(() => origin.kill())
  return origin
}

/** Resolves when the load is under way, all of it answered rightly. */
export const underLoad = async (environment: Readonly<Record<string, string>> = {}): Promise<Scene> => {
  const first = await startOrigin()
  const second = await startOrigin()
  const edge = await startEdgeProcess({
    upstreams: [first.address, second.address],
    environment: { ...impatient, ...environment },
  })
  onTestFinished(() => edge.stop())
  const load = new CheckedLoad({ edge })
  onTestFinished(async () => void (await load.stop()))
  await load.answered(100)
  return { edge, load, first, second }
}
