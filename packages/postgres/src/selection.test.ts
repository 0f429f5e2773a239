/** Least loaded first, by share, and in turn among equals. */
import { expect, test } from 'vitest'
import { byLoad, type Load } from './selection.ts'

const order = (loads: Record<string, Load>, turn = 0) =>
  byLoad(Object.keys(loads), turn, (node) => loads[node] ?? { atWork: 0, share: 1 }).join('')

const idle = { atWork: 0, share: 1 }

test('equals take turns', () => {
  const loads = { a: idle, b: idle, c: idle }
  expect([0, 1, 2, 3].map((turn) => order(loads, turn))).toEqual(['abc', 'bca', 'cab', 'abc'])
})

test('the one with the least work is first, whoever’s turn it is', () => {
  const loads = { a: { atWork: 3, share: 1 }, b: { atWork: 1, share: 1 }, c: { atWork: 2, share: 1 } }
  expect([0, 1, 2].map((turn) => order(loads, turn))).toEqual(['bca', 'bca', 'bca'])
})

test('one that has just returned is first only when the others have much more to do', () => {
  const returned = { atWork: 0, share: 0.1 }
  expect(order({ a: { atWork: 8, share: 1 }, b: returned })).toBe('ab')
  expect(order({ a: { atWork: 10, share: 1 }, b: returned })).toBe('ba')
})

test('nobody, and only one', () => expect([order({}), order({ a: idle }, 7)]).toEqual(['', 'a']))
