import { expect, it } from 'vitest'
import { reconnectDelayMs } from './reconnect-delay.ts'

it('waits longer from attempt to attempt, up to two seconds, and never in step', () => {
  expect([1, 2, 3, 10, 1000].map((attempt) => reconnectDelayMs(attempt, () => 1))).toEqual([100, 200, 400, 2000, 2000])
  expect(reconnectDelayMs(10, () => 0)).toBe(1000)
})
