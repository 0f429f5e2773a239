/** The ratios to others that the edge has to reach, and whether it does. */
import { median } from '../figures.ts'
import { bearableNoise, ratioOf, type Ratio } from '../ratio.ts'
import type { Measurement } from './measure.ts'
import type { ScenarioResult } from './results.ts'

export interface Bar {
  /** Of scenario names. */
  readonly scenarios: RegExp
  readonly measure: 'rate' | 'p99'
  readonly against: string
  readonly ratio: number
}

/** A rate has to be at least, a time at most so many times that of the other. */
export const bars: readonly Bar[] = [
  { scenarios: /^cached-1k-(plain|tls)$/, measure: 'rate', against: 'nginx', ratio: 1 },
  { scenarios: /^cached-1k-h2$/, measure: 'rate', against: 'nginx', ratio: 0.6 },
  { scenarios: /^proxied-/, measure: 'rate', against: 'nginx', ratio: 0.5 },
  { scenarios: /^proxied-/, measure: 'rate', against: 'fastify-http-proxy', ratio: 1.5 },
  { scenarios: /-1k-/, measure: 'p99', against: 'nginx', ratio: 1.5 },
]

export const measured = 'edge'

export interface Verdict {
  readonly scenario: string
  readonly bar: Bar
  /** Undefined when one of the two was not measured. */
  readonly ratio: Ratio | undefined
  /** The same ratio by processor time for one answer, which noise hardly moves; of rates only. */
  readonly byProcessorTime: Ratio | undefined
  readonly outcome: 'pass' | 'FAIL' | 'not measured' | 'too noisy to say'
}

const valuesOf = ({ rounds, latency }: ScenarioResult, name: string, measure: Bar['measure']): number[] =>
  measure === 'rate'
    ? (rounds[name] ?? []).map(({ perSecond }) => perSecond)
    : (latency?.[name] ?? []).map(({ p99Us }) => p99Us)

const noiseOf = (rounds: readonly Measurement[]): number =>
  rounds.length === 0 ? 0 : median(rounds.map(({ busy }) => busy.others))

const outcomeOf = (bar: Bar, ratio: Ratio | undefined, noise: number): Verdict['outcome'] => {
  if (ratio === undefined) return 'not measured'
  if (noise > bearableNoise) return 'too noisy to say'
  const isReached = bar.measure === 'rate' ? ratio.median >= bar.ratio : ratio.median <= bar.ratio
  return isReached ? 'pass' : 'FAIL'
}

export const verdicts = (results: readonly ScenarioResult[]): Verdict[] =>
  results.flatMap((result) =>
    bars
      .filter(({ scenarios }) => scenarios.test(result.scenario.name))
      .map((bar) => {
        const ratio = ratioOf(valuesOf(result, measured, bar.measure), valuesOf(result, bar.against, bar.measure))
        const speed = (name: string): number[] => (result.rounds[name] ?? []).map(({ serverUs }) => 1 / serverUs)
        const byProcessorTime = bar.measure === 'rate' ? ratioOf(speed(measured), speed(bar.against)) : undefined
        const noise = Math.max(...[measured, bar.against].map((name) => noiseOf(result.rounds[name] ?? [])))
        return { scenario: result.scenario.name, bar, ratio, byProcessorTime, outcome: outcomeOf(bar, ratio, noise) }
      }),
  )
