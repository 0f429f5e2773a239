/** WAL positions must sort as the log grows, which their printed form does not. */
import { expect, test } from 'vitest'
import { bytesBetween, fromLsn, toLsn } from './lsn.ts'

test('text order is log order across the carry', () => {
  const grown = ['0/9', '0/FF', '0/B374D848', '1/A', '16/0', 'A0/1'].map(toLsn)
  expect(grown.toSorted()).toEqual(grown)
})

test('goes back to what Postgres reads', () => expect(fromLsn(toLsn('16/B374D848'))).toBe('00000016/B374D848'))

test('the distance counts bytes across the carry', () => {
  expect(bytesBetween(toLsn('0/FFFFFFFF'), toLsn('1/1'))).toBe(2)
  expect(bytesBetween(toLsn('1/1'), toLsn('0/FFFFFFFF'))).toBe(-2)
})
