/** The queue for connections: in order, bounded in length and in time. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Admission, NoPlaceError } from './admission.ts'
import { Budget, type WorkOptions } from './work-options.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const budget = (options: WorkOptions = {}) => new Budget(options, () => Date.now())
const one = (options: { waitMs?: number; maxWaiting?: number } = {}) =>
  new Admission({ places: 1, waitMs: 100, maxWaiting: 10, ...options })

const refusalOf = (entering: Promise<void>): Promise<unknown> => entering.catch((error: unknown) => error)

/** Takes the only place. */
const full = async (options: { waitMs?: number; maxWaiting?: number } = {}): Promise<Admission> => {
  const admission = one(options)
  await admission.enter(budget())
  return admission
}

test('first come, first served, and nobody overtakes', async () => {
  const admission = await full()
  const served: string[] = []
  const queue = ['a', 'b', 'c'].map(async (name) => {
    await admission.enter(budget())
    served.push(name)
    admission.leave()
  })
  expect([admission.taken, admission.waiting]).toEqual([1, 3])
  admission.leave()
  await Promise.all(queue)
  expect(served).toEqual(['a', 'b', 'c'])
  expect([admission.taken, admission.waiting]).toEqual([0, 0])
})

test('nobody waits longer than allowed, and then holds no place', async () => {
  const admission = await full()
  const late = refusalOf(admission.enter(budget()))
  await vi.advanceTimersByTimeAsync(100)
  expect(await late).toBeInstanceOf(NoPlaceError)
  admission.leave()
  expect([admission.taken, admission.waiting]).toEqual([0, 0])
})

test('nor longer than their deadline, or than anybody wants the answer', async () => {
  const admission = await full()
  const caller = new AbortController()
  const late = refusalOf(admission.enter(budget({ deadlineMs: Date.now() + 50 })))
  const left = refusalOf(admission.enter(budget({ signal: caller.signal })))
  caller.abort('went away')
  expect(await left).toBe('went away')
  await vi.advanceTimersByTimeAsync(50)
  expect(await late).toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  expect(admission.waiting).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

test('whoever has gone away already does not wait', async () => {
  const admission = await full()
  const signal = AbortSignal.abort('went away')
  expect(await refusalOf(admission.enter(budget({ signal })))).toBe('went away')
  expect([admission.waiting, vi.getTimerCount()]).toEqual([0, 0])
})

test('a queue that is full refuses at once', async () => {
  const admission = await full({ maxWaiting: 1 })
  const waiting = admission.enter(budget())
  await expect(admission.enter(budget())).rejects.toThrow(NoPlaceError)
  admission.leave()
  await waiting
})

test('all who wait can be sent away; who is in stays in', async () => {
  const admission = await full()
  const waiting = [1, 2, 3].map(() => expect(admission.enter(budget())).rejects.toThrow('gone'))
  admission.refuseWaiting(new Error('gone'))
  await Promise.all(waiting)
  expect([admission.taken, admission.waiting]).toEqual([1, 0])
})
