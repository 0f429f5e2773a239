import { expect, test } from 'vitest'
import { backoffMs } from './backoff.ts'

const delays = (random: number): number[] =>
  [1, 2, 3, 4, 9].map((attempt) => backoffMs(attempt, { firstMs: 200, maxMs: 10_000, random: () => random }))

test('doubles up to the cap', () => {
  expect(delays(0)).toEqual([200, 400, 800, 1600, 10_000])
})

test('chance takes off up to half', () => {
  expect(delays(1)).toEqual([100, 200, 400, 800, 5000])
})
