/** ASVS.md names files and tests as its proofs: all of them are there. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('.', import.meta.url))
const project = fileURLToPath(new URL('../../..', import.meta.url))

const rows = readFileSync(new URL('../ASVS.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
const cellsOf = (row: string): string[] => row.split('|').map((cell) => cell.trim())
const namesIn = (text: string): string[] => [...text.matchAll(/`([\w./-]+)`/g)].map(([, name = '']) => name)
const tests = globSync('**/*.test.ts', { cwd: source })

test('every file that holds a point exists', () => {
  const files = rows.flatMap((row) => namesIn(cellsOf(row)[3] ?? ''))
  expect(files.length).toBeGreaterThan(30)
  expect(files.filter((file) => !existsSync(source + file) && !existsSync(project + file))).toEqual([])
})

/** The tests that a row speaks of: by name, or as the one beside its file. */
const testsOf = (row: string): string[] => {
  const [, , , where = '', shown = ''] = cellsOf(row)
  const isBeside = /\b(?:its|their) tests?\b/.test(shown) && !/^`(?:services|packages)/.test(where)
  return [...namesIn(shown), ...(isBeside ? namesIn(where).slice(0, 1) : [])]
}
const stemOf = (name: string): string => name.replace(/(?:\.test)?\.ts$/, '').replace(/^.*\//, '')
const isThere = (name: string): boolean =>
  existsSync(project + name) ||
  tests.some((path) =>
    path
      .split('/')
      .at(-1)
      ?.startsWith(`${stemOf(name)}.`),
  )

test('every test that shows one exists', () => {
  const named = rows.flatMap(testsOf)
  expect(named.length).toBeGreaterThan(30)
  expect(named.filter((name) => !isThere(name))).toEqual([])
})

const isOpen = (what: string): boolean => /\*\*(?:missing|in part)\*\*|not applicable|not this tier/.test(what)

test('every point that holds says where', () => {
  const homeless = rows.filter((row) => !isOpen(cellsOf(row)[2] ?? '') && cellsOf(row)[3] === '')
  expect(homeless).toEqual([])
})
