/** What every process tells of itself. */
import { counter, gauge } from './metric.ts'
import type { Metric } from './exposition.ts'

/** @param prefix name of the service, which all its metrics begin with */
export const processMetrics = (prefix: string): Metric[] => [
  gauge(`${prefix}_workers`, 'Processes that serve.', [[{}, 1]]),
  gauge(`${prefix}_process_resident_memory_bytes`, 'Resident memory.', [[{}, process.memoryUsage.rss()]]),
  counter(`${prefix}_process_cpu_seconds_total`, 'Processor time.', [[{}, cpuSeconds()]]),
]

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
