/** Which plans read a table whole. */
import { expect, test } from 'vitest'
import { fullScans, type PlanNode } from './full-scans.ts'

const scan = (type: string, fields: Partial<PlanNode> = {}): PlanNode => ({
  'Node Type': type,
  Schema: 'public',
  'Relation Name': 'orders',
  ...fields,
})
const above = (type: string, ...Plans: PlanNode[]): PlanNode => ({ 'Node Type': type, Plans })
const tables = (plan: PlanNode): string[] =>
  fullScans(plan, new Set(['orders_open'])).map(({ table, node }) => `${node} of ${table}`)

test('a sequential scan, wherever it stands and however few rows are wanted', () => {
  expect(tables(scan('Seq Scan'))).toEqual(['Seq Scan of orders'])
  expect(tables(above('Limit', scan('Seq Scan')))).toEqual(['Seq Scan of orders'])
  const join = above(
    'Nested Loop',
    scan('Index Scan', { 'Index Cond': '(orders.id = 1)' }),
    above('Hash', scan('Seq Scan')),
  )
  expect(tables(join)).toEqual(['Seq Scan of orders'])
})

test('an index that is walked without a condition, unless a limit ends the walk', () => {
  const walk = scan('Index Scan', { 'Index Name': 'orders_pkey' })
  expect(tables(walk)).toEqual(['Index Scan of orders'])
  expect(tables(above('Limit', walk))).toEqual([])
  expect(tables(above('Limit', above('LockRows', walk)))).toEqual([])
  expect(tables(above('Limit', above('Sort', walk)))).toEqual(['Index Scan of orders'])
  expect(tables(above('Limit', { ...walk, Filter: 'name = $1' }))).toEqual(['Index Scan of orders'])
  expect(tables(above('Aggregate', { ...walk, 'Node Type': 'Index Only Scan' }))).toEqual(['Index Only Scan of orders'])
})

test('a walk from a cursor on, when a filter decides what counts', () => {
  const walk = scan('Index Scan', { 'Index Cond': '(orders.id > 0)' })
  expect(tables(above('Limit', { ...walk, Filter: 'name = $1' }))).toEqual(['Index Scan of orders'])
  expect(tables(above('Limit', walk))).toEqual([])
})

test('nothing against what an index bounds', () => {
  expect(tables(scan('Index Scan', { 'Index Cond': '(orders.id = 1)', Filter: 'name = $1' }))).toEqual([])
  expect(tables(scan('Bitmap Heap Scan'))).toEqual([])
  expect(tables(scan('Index Scan', { 'Index Name': 'orders_open', Filter: 'name = $1' }))).toEqual([])
})

test('other schemas, and what is no table, do not count', () => {
  expect(tables(scan('Seq Scan', { Schema: 'pg_catalog' }))).toEqual([])
  expect(tables({ 'Node Type': 'Function Scan' })).toEqual([])
})
