import { expect, it } from 'vitest'
import { chooseByName } from './choose-by-name.ts'

const choose = chooseByName([
  { names: ['a.test', '*.a.test'], value: 'first' },
  { names: ['b.a.test', '*.b.a.test', 'a.test'], value: 'second' },
])

it.each([
  ['a.test', 'first'],
  ['A.Test.', 'first'],
  ['x.a.test', 'first'],
  // An exact name comes before a wildcard, though its certificate is listed later.
  ['b.a.test', 'second'],
  ['x.b.a.test', 'second'],
  ['x.y.a.test', undefined],
  ['.a.test', undefined],
  ['test', undefined],
  ['', undefined],
  ['*.a.test', 'first'],
])('%s is answered by the %s certificate', (name, expected) => {
  expect(choose(name)).toBe(expected)
})
