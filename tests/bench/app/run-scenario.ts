/** One scenario with one number of processes: every contestant in turn, round after round. */
import { median } from '../figures.ts'
import { inRounds } from '../rounds.ts'
import { baseline, measured } from './bars.ts'
import type { Entrant } from './contestants.ts'
import { measureAnswers, measureLatency, type Bench, type LatencyMeasurement, type Measurement } from './measure.ts'
import type { Scenario } from './scenarios.ts'

export interface Result {
  readonly scenario: Scenario['name']
  readonly description: string
  readonly processes: number
  readonly areCoresShared: boolean
  /** Only contestants that were measured in every round. */
  readonly rounds: Readonly<Record<string, readonly Measurement[]>>
  readonly latency: {
    readonly perSecond: number
    readonly rounds: Readonly<Record<string, readonly LatencyMeasurement[]>>
  }
  /** Who was not measured, and why. */
  readonly skipped: Readonly<Record<string, string>>
}

/** Of what the slower of the two compared can do, the same for all. */
const latencyShare = 0.7

export const runScenario = async (
  scenario: Scenario,
  entrants: readonly Entrant[],
  processes: number,
  bench: Bench,
): Promise<Result> => {
  const skipped: Record<string, string> = {}
  const { plan } = bench
  // A round that does not count: code is compiled, caches fill.
  for (const entrant of entrants) await measureAnswers(scenario, entrant, bench).catch(() => undefined)
  const rounds = await inRounds(entrants, plan.rounds, skipped, (entrant: Entrant) =>
    measureAnswers(scenario, entrant, bench),
  )
  const able = entrants.filter(({ name }) => rounds[name] !== undefined)
  const compared = able.filter(({ name }) => name === measured || name === baseline)
  const capacities = compared.map(({ name }) => median((rounds[name] ?? []).map(({ perSecond }) => perSecond)))
  const perSecond = Math.floor(Math.min(...capacities) * latencyShare)
  const times = await inRounds(compared.length === 0 ? [] : able, plan.rounds, skipped, (entrant: Entrant) =>
    measureLatency(scenario, entrant, perSecond, bench),
  )
  return {
    scenario: scenario.name,
    description: scenario.description,
    processes,
    areCoresShared: bench.cores.areShared,
    rounds,
    latency: { perSecond, rounds: times },
    skipped,
  }
}
