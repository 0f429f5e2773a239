/** The gate: never more at once than there are places, whoever comes, goes or fails. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Gate } from './gate.ts'

const build = (places: number, maxWaiting = 10) => {
  const timers = new Set<() => void>()
  const gate = new Gate({
    places,
    maxWaiting,
    maxWaitMs: 100,
    schedule: (callback) => {
      timers.add(callback)
      return () => timers.delete(callback)
    },
  })
  return { gate, timers }
}

/** Work that ends when told to. */
const held = () => {
  const end = Promise.withResolvers<string>()
  let hasBegun = false
  return {
    ...end,
    work: () => {
      hasBegun = true
      return end.promise
    },
    hasBegun: () => hasBegun,
  }
}

test('who finds no place waits for one, in turn', async () => {
  const { gate, timers } = build(1)
  const [first, second, third] = [held(), held(), held()]
  const results = [first, second, third].map(({ work }) => gate.run(work))
  await nextTurn()
  expect([first, second, third].map((one) => one.hasBegun())).toEqual([true, false, false])
  first.resolve('first')
  await results[0]
  await nextTurn()
  expect([second.hasBegun(), third.hasBegun(), timers.size]).toEqual([true, false, 1])
  second.reject(new Error('failed'))
  await expect(results[1]).rejects.toThrow('failed')
  third.resolve('third')
  expect(await results[2]).toBe('third')
  expect(await gate.run(async () => 'free again')).toBe('free again')
})

test('a full queue refuses, and a long wait ends; the place is nobody’s then', async () => {
  const { gate, timers } = build(1, 1)
  const [first, second] = [held(), held()]
  const running = gate.run(first.work)
  const waiting = gate.run(second.work)
  await expect(gate.run(async () => 'third')).rejects.toMatchObject({ code: 'OVERLOADED' })
  for (const timeOut of timers) timeOut()
  await expect(waiting).rejects.toMatchObject({ code: 'OVERLOADED' })
  first.resolve('first')
  await running
  expect([second.hasBegun(), timers.size]).toEqual([false, 0])
  expect(await gate.run(async () => 'free again')).toBe('free again')
})

test('who goes away gives up waiting', async () => {
  const { gate, timers } = build(1)
  const first = held()
  const running = gate.run(first.work)
  const leaving = new AbortController()
  const waiting = gate.run(async () => 'never', leaving.signal)
  leaving.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  await expect(gate.run(async () => 'never', leaving.signal)).rejects.toThrow('gone')
  first.resolve('first')
  await running
  expect(timers.size).toBe(0)
  expect(await gate.run(async () => 'free again')).toBe('free again')
})
