import { expect, test } from 'vitest'
import { TooLateError, within } from './within.ts'

test('gives the answer, the failure, or up', async () => {
  expect(await within(10_000, Promise.resolve(1))).toBe(1)
  await expect(within(10_000, Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(within(1, new Promise(() => {}))).rejects.toThrow(TooLateError)
})

test('looks at what arrived while the loop was busy before it gives up', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const answer = within(1, promise)
  const busyUntilMs = performance.now() + 5
  setImmediate(() => resolve('in time')) // Read from its socket in the turn that finds the deadline passed.
  while (performance.now() < busyUntilMs);
  expect(await answer).toBe('in time')
})
