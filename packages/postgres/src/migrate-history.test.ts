/** Which files are still to be applied, and which histories are refused. */
import { expect, test } from 'vitest'
import type { MigrationFile } from './migrate-files.ts'
import { pendingMigrations } from './migrate-history.ts'

const file = (name: string): MigrationFile => ({ name, file: `${name}.sql`, text: '', checksum: `sum of ${name}` })
const applied = (name: string, checksum: string | null = `sum of ${name}`) => ({ name, checksum })
const files = ['1_a', '2_b', '3_c'].map(file)

const pending = (...history: ReturnType<typeof applied>[]): string[] =>
  pendingMigrations(files, history).map(({ name }) => name)

test('what has not run, in order', () => {
  expect(pending()).toEqual(['1_a', '2_b', '3_c'])
  expect(pending(applied('1_a'))).toEqual(['2_b', '3_c'])
  expect(pending(applied('1_a'), applied('2_b'), applied('3_c'))).toEqual([])
})

test('those of a newer release are left alone', () => {
  expect(pending(applied('1_a'), applied('2_b'), applied('3_c'), applied('4_d'))).toEqual([])
})

test('what was applied before checksums is trusted', () => {
  expect(pending(applied('1_a', null))).toEqual(['2_b', '3_c'])
})

test('an edited file is refused', () => {
  expect(() => pending(applied('1_a', 'another'))).toThrow('1_a.sql has been changed since it was applied')
})

test('a file that comes too late for its number is refused', () => {
  expect(() => pending(applied('1_a'), applied('3_c'))).toThrow('2_b.sql comes before 3_c.sql, which has already run')
})
