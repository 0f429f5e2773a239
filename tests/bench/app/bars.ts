/** What the machinery may cost, and whether it does. */
import { median } from '../figures.ts'
import { bearableNoise, ratioOf, type Ratio } from '../ratio.ts'
import type { Result } from './run-scenario.ts'

export const measured = 'app'
export const baseline = 'plain'

/** Of answers per second on cached reads, against the plain app. */
export const leastRatio = 0.9

export interface Verdict {
  readonly processes: number
  /** Undefined when one of the two was not measured. */
  readonly ratio: Ratio | undefined
  /** The same ratio by processor time for one answer. */
  readonly byProcessorTime: Ratio | undefined
  readonly outcome: 'pass' | 'FAIL' | 'not measured' | 'too noisy to say'
}

export const verdicts = (results: readonly Result[]): Verdict[] =>
  results
    .filter(({ scenario }) => scenario === 'cached')
    .map(({ processes, rounds, areCoresShared }) => {
      const [own = [], other = []] = [rounds[measured], rounds[baseline]]
      const rates = (list: typeof own) => list.map(({ perSecond }) => perSecond)
      const speeds = (list: typeof own) => list.map(({ serverUs }) => 1 / serverUs)
      const ratio = ratioOf(rates(own), rates(other))
      const byProcessorTime = ratioOf(speeds(own), speeds(other))
      const noise = Math.max(...[own, other].map((list) => median(list.map(({ busy }) => busy.others))))
      const outcome = (): Verdict['outcome'] => {
        if (ratio === undefined) return 'not measured'
        // With shared cores the others are the load and the data tier, which both have.
        if (!areCoresShared && noise > bearableNoise) return 'too noisy to say'
        return ratio.median >= leastRatio ? 'pass' : 'FAIL'
      }
      return { processes, ratio, byProcessorTime, outcome: outcome() }
    })
