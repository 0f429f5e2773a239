/** What is not an entry must be a miss, never an error. */
import { expect, test } from 'vitest'
import { decode, encode, isFresh } from './entry.ts'

test('comes back as it was', () => {
  const entry = { value: { a: [1, null, 'ü'] }, stamps: ['!x', '0A'] }
  expect(decode(encode(entry))).toEqual(entry)
})

test.each(['', '{', 'null', '7', '[]', '{}', '{"value":1}', '{"stamps":[]}', '{"stamps":"x","value":1}'])(
  '%j is nothing',
  (text) => expect(decode(text)).toBeUndefined(),
)

test('is stale once any stamp differs', () => {
  const entry = { value: 1, stamps: ['a', 'b'] }
  expect(isFresh(entry, ['a', 'b'])).toBe(true)
  expect(isFresh(entry, ['a', 'c'])).toBe(false)
  expect(isFresh(entry, ['a'])).toBe(false)
})
