import { expect, test } from 'vitest'
import { Circuit } from './circuit.ts'

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
