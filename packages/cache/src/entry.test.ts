/** What is not an entry must be a miss, never an error. */
import { expect, test } from 'vitest'
import { decode, encode, isCurrent, type Entry } from './entry.ts'

const entry: Entry = {
  id: 'i',
  stamps: ['!x', '0A'],
  deltaMs: 3,
  staleMs: 0,
  reflects: '0B',
  value: { a: [1, null, 'ü\n'] },
}

test('comes back as it was', () => {
  expect(decode(encode(entry) ?? '')).toEqual(entry)
  expect(decode(encode({ ...entry, value: null }) ?? '')).toEqual({ ...entry, value: null })
})

test('comes back without having heard of any change', () => {
  expect(decode(encode({ ...entry, reflects: '' }) ?? '')).toEqual({ ...entry, reflects: '' })
})

test('there is none of what JSON cannot say', () => {
  expect(encode({ ...entry, value: undefined })).toBeUndefined()
})

test.each([
  '',
  '{',
  'null',
  '7',
  '\n\n1',
  'i 3 \n!x\n1',
  'i 3 0 \n!x',
  'i 3 0 \n!x\n',
  'i 3 0 \n!x\n{',
  'i x 0 \n!x\n1',
  'i 3 0\n!x\n1',
])('%j is nothing', (text) => expect(decode(text)).toBeUndefined())

test('is outdated once any stamp differs or is not known', () => {
  expect(isCurrent(entry, ['!x', '0A'])).toBe(true)
  expect(isCurrent(entry, ['!x', '0B'])).toBe(false)
  expect(isCurrent(entry, ['!x', null])).toBe(false)
  expect(isCurrent(entry, ['!x'])).toBe(false)
})
