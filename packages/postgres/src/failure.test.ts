/** Which errors are held against a node. */
import { DatabaseError } from 'pg'
import { expect, test } from 'vitest'
import { isBehind, isNodeBusy, isNodeGone, isRolledBackByConflict, isTooSlow, violatedUniqueIndex } from './failure.ts'

const state = (code: string): DatabaseError =>
  Object.assign(Object.create(DatabaseError.prototype) as DatabaseError, { code, message: code })

test.each(['57P01', '57P03', '08006', '3D000'])('SQLSTATE %s: the node is gone', (code) =>
  expect(isNodeGone(state(code))).toBe(true),
)
test.each(['23505', '42601', '57014', '40001', '53300'])('SQLSTATE %s: the node is there', (code) =>
  expect(isNodeGone(state(code))).toBe(false),
)
test('socket errors and the sentences of pg', () => {
  expect(isNodeGone(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))).toBe(true)
  expect(isNodeGone(new Error('Query read timeout'))).toBe(true)
  expect(isNodeGone(new Error('Connection terminated unexpectedly'))).toBe(true)
  expect(isNodeGone(new TypeError('x is not a function'))).toBe(false)
  expect(isNodeGone(Object.assign(new Error('own'), { code: 'NOT_FOUND' }))).toBe(false)
})
test('the other predicates', () => {
  expect(isNodeBusy(state('53300'))).toBe(true)
  expect(isNodeBusy(new Error('timeout exceeded when trying to connect'))).toBe(true)
  expect(isTooSlow(state('57014'))).toBe(true)
  expect(isBehind(state('42P01'))).toBe(true)
  expect(isRolledBackByConflict(state('40P01'))).toBe(true)
  expect(violatedUniqueIndex(Object.assign(state('23505'), { constraint: 'products_slug' }))).toBe('products_slug')
  expect(violatedUniqueIndex(state('23503'))).toBeUndefined()
})
