/** The nemesis' plan: the same for the same seed, all kinds of faults, early ones first. */
import { expect, it } from 'vitest'
import { Random } from './random.ts'
import { scheduleOf } from './schedule.ts'

const spans = {
  first: { least: 0, most: 0, isEarly: true },
  short: { least: 10, most: 20 },
  long: { least: 1000, most: 2000 },
}
const planned = (seed: number) => scheduleOf(spans, 60_000, new Random(seed))

it('plans the same for the same seed, and something else for another', () => {
  expect(planned(1)).toEqual(planned(1))
  expect(planned(1)).not.toEqual(planned(2))
})

it('plans every fault before any comes again, early ones first, within its span and the time', () => {
  const steps = planned(3)
  expect(steps[0]?.fault).toBe('first')
  for (let round = 0; round + 3 <= steps.length; round += 3) {
    expect(new Set(steps.slice(round, round + 3).map(({ fault }) => fault)).size).toBe(3)
  }
  for (const { fault, forMs } of steps) {
    expect(forMs).toBeGreaterThanOrEqual(spans[fault].least)
    expect(forMs).toBeLessThanOrEqual(spans[fault].most)
  }
  expect(steps.reduce((sum, { afterMs, forMs }) => sum + afterMs + forMs, 0)).toBeLessThanOrEqual(60_000)
})
