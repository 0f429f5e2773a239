/** Pauses between the runs of a write that meets others. */
import { expect, test } from 'vitest'
import { pauseMs } from './writes.ts'

test('pauses double up to a fifth of a second and are spread by half', () => {
  expect([1, 2, 3, 7, 8, 60].map((attempt) => pauseMs(attempt, () => 0))).toEqual([2, 4, 8, 128, 200, 200])
  expect(pauseMs(1, () => 1)).toBe(1)
})
