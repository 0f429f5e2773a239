/** What is broken when: two series of faults side by side, one in the database and one in what stands before it. */
import type { Random } from './random.ts'

export interface Step<Name extends string> {
  readonly fault: Name
  /** From the end of the fault before. */
  readonly afterMs: number
  /** From the breaking to the mending. */
  readonly forMs: number
}

/** Of a fault, in milliseconds: least and most. */
export interface Span {
  readonly least: number
  readonly most: number
}

export interface Planned extends Span {
  /** Comes among the first, so that a short run has it. */
  readonly isEarly?: boolean
}

/** Between two faults of a series: some things have to be whole for a moment to be broken anew. */
const pause: Span = { least: 200, most: 900 }

/**
 * Every fault comes once before any comes again, in another order each time, until the time is over.
 * @param spans by name of the fault
 */
export const scheduleOf = <Name extends string>(
  spans: Readonly<Record<Name, Planned>>,
  totalMs: number,
  random: Random,
): Step<Name>[] => {
  const steps: Step<Name>[] = []
  const names = Object.keys(spans) as Name[]
  const rank = (name: Name): number => (spans[name].isEarly === true ? 0 : 1)
  let atMs = 0
  for (let round = 0; ; round += 1) {
    const shuffled = random.shuffled(names)
    for (const fault of round === 0 ? shuffled.toSorted((a, b) => rank(a) - rank(b)) : shuffled) {
      const { least, most } = spans[fault]
      const step = { fault, afterMs: random.between(pause.least, pause.most), forMs: random.between(least, most) }
      atMs += step.afterMs + step.forMs
      if (atMs > totalMs) return steps
      steps.push(step)
    }
  }
}
