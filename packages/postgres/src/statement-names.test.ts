/** One name per text, no more than allowed, other ones after a renewal. */
import { expect, test } from 'vitest'
import { StatementNames } from './statement-names.ts'

test('a text keeps its name; beyond the limit there is none', () => {
  const names = new StatementNames(2)
  const [a, b] = [names.nameOf('a'), names.nameOf('b')]
  expect(a).not.toBe(b)
  expect([names.nameOf('a'), names.nameOf('b'), names.nameOf('c')]).toEqual([a, b, undefined])
})

test('a renewed name was never in use before', () => {
  const names = new StatementNames(1)
  const before = names.nameOf('a')
  names.renew()
  expect(names.nameOf('a')).not.toBe(before)
})

test('none at all when not wanted', () => expect(new StatementNames(0).nameOf('a')).toBeUndefined())
