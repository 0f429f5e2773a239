import { expect, test } from 'vitest'
import { Circuit, CircuitOpenError } from './circuit.ts'

test('opens after failures in a row, lets one at a time try, and closes for all when one succeeds', () => {
  const time = { nowMs: 0 }
  const changes: string[] = []
  const circuit = new Circuit({
    threshold: 2,
    openMs: 1000,
    clock: () => time.nowMs,
    onChange: (state) => changes.push(state),
  })
  const fail = () => circuit.failed(new Error('gone'))
  fail()
  circuit.succeeded()
  fail()
  expect([circuit.isOpen, circuit.mayTry()]).toEqual([false, true])
  fail()
  expect([circuit.isOpen, circuit.mayTry()]).toEqual([true, false])
  time.nowMs = 1000
  expect([circuit.mayTry(), circuit.mayTry()]).toEqual([true, false])
  fail()
  time.nowMs = 1999
  expect(circuit.mayTry()).toBe(false)
  time.nowMs = 2000
  expect([circuit.mayTry(), circuit.mayTry()]).toEqual([true, false])
  circuit.succeeded()
  expect([circuit.mayTry(), circuit.mayTry()]).toEqual([true, true])
  expect(changes).toEqual(['open', 'closed'])
})

const broken = () => Promise.reject(new Error('broken'))
const fine = () => Promise.resolve('fine')

const start = () => {
  const time = { nowMs: 0 }
  const changes: string[] = []
  const circuit = new Circuit({
    threshold: 2,
    openMs: 1000,
    clock: () => time.nowMs,
    onChange: (state) => changes.push(state),
  })
  return { time, changes, circuit }
}

test('opens after the failures in a row, says so once, and lets nobody through', async () => {
  const { circuit, changes } = start()
  await expect(circuit.run(broken)).rejects.toThrow('broken')
  expect(await circuit.run(fine)).toBe('fine')
  await expect(circuit.run(broken)).rejects.toThrow('broken')
  await expect(circuit.run(broken)).rejects.toThrow('broken')
  await expect(circuit.run(fine)).rejects.toThrow(CircuitOpenError)
  expect(changes).toEqual(['open'])
})

test('one call tries when the time has passed; the others stay away until it is answered', async () => {
  const { circuit, time, changes } = start()
  await Promise.allSettled([circuit.run(broken), circuit.run(broken)])
  time.nowMs = 1000
  const answer = Promise.withResolvers<string>()
  const trial = circuit.run(() => answer.promise)
  await expect(circuit.run(fine)).rejects.toThrow(CircuitOpenError)
  answer.resolve('back')
  expect(await trial).toBe('back')
  expect(await circuit.run(fine)).toBe('fine')
  expect(changes).toEqual(['open', 'closed'])
})

test('a failed trial opens it anew', async () => {
  const { circuit, time, changes } = start()
  await Promise.allSettled([circuit.run(broken), circuit.run(broken)])
  time.nowMs = 1000
  await expect(circuit.run(broken)).rejects.toThrow('broken')
  time.nowMs = 1999
  await expect(circuit.run(fine)).rejects.toThrow(CircuitOpenError)
  expect(changes).toEqual(['open'])
})
