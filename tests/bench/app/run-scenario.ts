/** One scenario with one number of processes: every contestant in turn, round after round. */
import type { AnswerTimes } from '../answer-times.ts'
import { pin } from '../cpu.ts'
import { median } from '../figures.ts'
import { inRounds } from '../rounds.ts'
import { baseline, measured } from './bars.ts'
import type { Entrant } from './contestants.ts'
import { measureAnswers, measureLatency, type Bench, type Measurement } from './measure.ts'
import { coresForTimes, type Cores } from './plan.ts'
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
    /** Of what the slower of the two compared did when it was asked all the time. */
    readonly capacityShare: number
    readonly rounds: Readonly<Record<string, readonly AnswerTimes[]>>
  }
  /** Who was not measured, and why. */
  readonly skipped: Readonly<Record<string, string>>
}

/** Of what the slower of the two compared can do, the same for all. */
const latencyShare = 0.7
/** What one generator can ask without being late. */
const mostPerGenerator = 20_000

/** Times to answer, on the cores that the generators leave. */
const runLatency = async (
  scenario: Scenario,
  entrants: readonly Entrant[],
  capacity: number,
  bench: Bench,
  skipped: Record<string, string>,
): Promise<Result['latency']> => {
  const cores = coresForTimes(bench.cores)
  const place = ({ server, data }: Cores): void => {
    for (const { pids } of entrants) pin(pids, server)
    pin(bench.data.pids, data)
  }
  const sharePerSecond = capacity * latencyShare * (cores.server.length / bench.cores.server.length)
  const perSecond = Math.floor(Math.min(sharePerSecond, cores.load.length * mostPerGenerator))
  place(cores)
  const rounds = await inRounds(entrants, bench.plan.rounds, skipped, (entrant: Entrant) =>
    measureLatency(scenario, entrant, perSecond, { ...bench, cores }),
  )
  place(bench.cores)
  return { perSecond, capacityShare: perSecond / capacity, rounds }
}

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
  const capacity = Math.min(...capacities)
  return {
    scenario: scenario.name,
    description: scenario.description,
    processes,
    areCoresShared: bench.cores.areShared,
    rounds,
    latency: await runLatency(scenario, compared.length === 0 ? [] : able, capacity, bench, skipped),
    skipped,
  }
}
