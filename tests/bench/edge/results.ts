/** What a run of the benchmark found out. */
import type { LatencyMeasurement, Measurement } from './measure.ts'
import type { Scenario } from './scenarios.ts'

type ByContestant<T> = Readonly<Record<string, readonly T[]>>

export interface ScenarioResult {
  readonly scenario: Scenario
  /** Nanoseconds for a step through 8 MB on the server's core, before and after. */
  readonly cacheLatencyNs: readonly [before: number, after: number]
  /** Only contestants that were measured in every round. */
  readonly rounds: ByContestant<Measurement>
  /** Each at the rate at which it uses 70 % of its core. */
  readonly latency?: ByContestant<LatencyMeasurement>
  /** Who was not measured, and why. */
  readonly skipped: Readonly<Record<string, string>>
}
