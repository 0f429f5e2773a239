/** What open-loop generators say of the times to answer. */
import { percentile } from './figures.ts'
import type { Seen } from './open-loop.ts'

export interface AnswerTimes {
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
  /** How late the generator itself was, 99th percentile: contained in the times above. */
  readonly lagUs: number
}

/** Microseconds; beyond this its own lateness would be measured instead of a server's. */
const mostLagUs = 5000

/**
 * @param all what each generator saw
 * @param seconds that were measured
 * @throws Error when answers were wrong or missing, or a generator was late itself
 */
export const answerTimes = (all: readonly Seen[], seconds: number): AnswerTimes => {
  const sum = (key: 'failures' | 'unanswered'): number => all.reduce((total, one) => total + one[key], 0)
  if (sum('failures') + sum('unanswered') > 0) {
    throw new Error(`${sum('failures')} answers were wrong, ${sum('unanswered')} had not come when all should be over`)
  }
  const ascending = (key: 'timesUs' | 'lagsUs'): number[] => all.flatMap((one) => one[key]).toSorted((a, b) => a - b)
  const timesUs = ascending('timesUs')
  const lagUs = percentile(ascending('lagsUs'), 0.99)
  // Not a number when no connection was ever free at its time.
  if (!(lagUs < mostLagUs))
    throw new Error('the generator could not ask at that rate: its own lateness would be measured')
  return {
    perSecond: timesUs.length / seconds,
    p50Us: percentile(timesUs, 0.5),
    p99Us: percentile(timesUs, 0.99),
    lagUs,
  }
}
