import { expect, it } from 'vitest'
import { remembered } from './remembered.ts'

const counted = (most?: number) => {
  const computed: string[] = []
  const upper = remembered((text) => (computed.push(text), text.toUpperCase()), most)
  return { computed, upper }
}

it('works out each text once', () => {
  const { computed, upper } = counted()
  expect([upper('a'), upper('b'), upper('a')]).toEqual(['A', 'B', 'A'])
  expect(computed).toEqual(['a', 'b'])
})

it('remembers a number of them', () => {
  const { computed, upper } = counted(2)
  for (const text of ['a', 'b', 'a', 'c', 'a', 'c']) upper(text)
  expect(computed).toEqual(['a', 'b', 'c', 'a'])
})

it('keeps no long ones', () => {
  const { computed, upper } = counted()
  const long = 'x'.repeat(257)
  expect([upper(long), upper(long)]).toEqual([long.toUpperCase(), long.toUpperCase()])
  expect(computed).toHaveLength(2)
})
