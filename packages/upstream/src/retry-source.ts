/** What retries need to know of a pool, and what stands in for one where there is none. */
import type { Member } from './member.ts'
import type { PoolSurroundings } from './pool-surroundings.ts'
import { RetryBudget } from './retry-budget.ts'
import { scheduleTimer } from './health-check.ts'
import { poolSettingsOf, type PoolSettings } from './settings/pool-settings.ts'

export interface RetrySource {
  readonly settings: Pick<PoolSettings, 'retry' | 'timeouts' | 'circuitBreaker'>
  readonly budget: RetryBudget
  readonly counters: { retries: number; retriesRefused: number }
  readonly surroundings: Required<Pick<PoolSurroundings, 'clock' | 'random' | 'schedule'>>
  /** Retries and hedges that have not ended. */
  retriesInFlight: number
  /** Whether anybody is left who has not been tried. */
  hasUntried(tried: readonly Member[]): boolean
}

const clock = (): number => performance.now()

/** Two attempts, for connections that failed. */
export const standaloneRetry = (): RetrySource => {
  const settings = poolSettingsOf({ retry: { maxAttempts: 2, on: ['connect-failure', 'reset'] } })
  return {
    settings,
    budget: new RetryBudget(() => settings.retry, clock),
    counters: { retries: 0, retriesRefused: 0 },
    surroundings: { clock, random: Math.random, schedule: scheduleTimer },
    retriesInFlight: 0,
    hasUntried: () => true,
  }
}
