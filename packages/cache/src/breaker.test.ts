/** Opening, trying and closing, on a clock that the test turns. */
import { expect, test } from 'vitest'
import { Breaker, CircuitOpenError } from './breaker.ts'

const broken = () => Promise.reject(new Error('broken'))
const fine = () => Promise.resolve('fine')

const start = () => {
  const time = { nowMs: 0 }
  const changes: string[] = []
  const breaker = new Breaker({
    threshold: 2,
    openMs: 1000,
    clock: () => time.nowMs,
    onChange: (state) => changes.push(state),
  })
  return { time, changes, breaker }
}

test('opens after the failures in a row, says so once, and lets nobody through', async () => {
  const { breaker, changes } = start()
  await expect(breaker.run(broken)).rejects.toThrow('broken')
  expect(await breaker.run(fine)).toBe('fine')
  await expect(breaker.run(broken)).rejects.toThrow('broken')
  await expect(breaker.run(broken)).rejects.toThrow('broken')
  await expect(breaker.run(fine)).rejects.toThrow(CircuitOpenError)
  expect(changes).toEqual(['open'])
})

test('one call tries when the time has passed; the others stay away until it is answered', async () => {
  const { breaker, time, changes } = start()
  await Promise.allSettled([breaker.run(broken), breaker.run(broken)])
  time.nowMs = 1000
  const answer = Promise.withResolvers<string>()
  const trial = breaker.run(() => answer.promise)
  await expect(breaker.run(fine)).rejects.toThrow(CircuitOpenError)
  answer.resolve('back')
  expect(await trial).toBe('back')
  expect(await breaker.run(fine)).toBe('fine')
  expect(changes).toEqual(['open', 'closed'])
})

test('a failed trial opens it anew', async () => {
  const { breaker, time, changes } = start()
  await Promise.allSettled([breaker.run(broken), breaker.run(broken)])
  time.nowMs = 1000
  await expect(breaker.run(broken)).rejects.toThrow('broken')
  time.nowMs = 1999
  await expect(breaker.run(fine)).rejects.toThrow(CircuitOpenError)
  expect(changes).toEqual(['open'])
})
