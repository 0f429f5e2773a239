import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { within } from './within.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('gives the answer, or the error, of the work', async () => {
  const patience = { deadlineMs: 100, signal: new AbortController().signal }
  expect(await within(Promise.resolve(1), patience, () => 0)).toBe(1)
  await expect(within(Promise.reject(new Error('no')), patience, () => 0)).rejects.toThrow('no')
  expect(vi.getTimerCount()).toBe(0)
})

it('ends at the deadline though the work goes on', async () => {
  const work = Promise.withResolvers<number>()
  const waiting = within(work.promise, { deadlineMs: 150 }, () => 100)
  await Promise.all([
    expect(waiting).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' }),
    vi.advanceTimersByTimeAsync(50),
  ])
  work.resolve(1)
})

it('ends for the reason of the signal', async () => {
  const gone = new AbortController()
  const waiting = within(new Promise<never>(() => {}), { signal: gone.signal }, () => 0)
  gone.abort(new Error('client gone'))
  await expect(waiting).rejects.toThrow('client gone')
})
