/** Slugs must fit the pattern of the contract, whatever the name. */
import { slugPattern } from '@roundtrip/contracts'
import { expect, test } from 'vitest'
import { slugOf } from './slug.ts'

test.each([
  ['Oak Table', 'oak-table'],
  ['  Crème brûlée – für Zwei!  ', 'creme-brulee-fur-zwei'],
  ['日本', 'product'],
  [`${'a'.repeat(79)} b`, 'a'.repeat(79)],
])('%s is %s', (name, slug) => {
  expect(slugOf(name)).toBe(slug)
  expect(slug).toMatch(new RegExp(slugPattern))
})
