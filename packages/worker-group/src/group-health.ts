/** The health of a service of several processes: what its workers say, as one answer. */
import type { Health } from '@roundtrip/service'
import { healthTopic } from './topics.ts'
import type { WorkerBus } from './worker-bus.ts'

/** Milliseconds; shorter than whoever asks will wait. */
const timeoutMs = 500

/**
 * One worker that is ready is enough to work; which of them is not, stands among the checks.
 *
 * @param count of workers that there should be
 */
export const groupHealth = async (bus: WorkerBus, count: number): Promise<Health> => {
  const all = await bus.request(healthTopic, null, { timeoutMs })
  const ready = all.filter((health) => health.ready)
  // The least well first: what it says about a neighbour is overwritten by those that can still use it.
  const checks = Object.assign(
    {},
    ...[...all.filter((health) => !health.ready), ...ready].map((health) => health.checks),
  )
  return {
    ready: ready.length > 0,
    started: all.some(({ started = true }) => started),
    checks: { ...(checks as Health['checks']), workers: `${ready.length} of ${count}` },
  }
}
