/** Breaks and mends, by a schedule that its seed decides. Its pauses are the faults themselves: nobody waits for anything by them. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './faults.ts'
import type { Random } from './random.ts'
import { scheduleOf } from './schedule.ts'

export interface Struck {
  readonly fault: string
  readonly fromMs: number
  readonly untilMs: number
}

/** @returns what was done, all of it mended */
export const strike = async (
  faults: Readonly<Record<string, Fault>>,
  totalMs: number,
  random: Random,
  clock: () => number,
): Promise<Struck[]> => {
  const struck: Struck[] = []
  for (const { fault, afterMs, forMs } of scheduleOf(faults, totalMs, random)) {
    // A fault may take longer than planned: the time to recover is the stack's own.
    if (clock() > totalMs) break
    await sleep(afterMs)
    const fromMs = clock()
    const mend = await faults[fault]?.break()
    await sleep(forMs)
    await mend?.()
    struck.push({ fault, fromMs, untilMs: clock() })
  }
  return struck
}
