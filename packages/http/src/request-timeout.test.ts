/** What is no time is none at all: a hop then has its own. */
import { expect, test } from 'vitest'
import { parseRequestTimeout } from './request-timeout.ts'

test.each([
  ['0', 0],
  ['1500', 1500],
  [undefined, undefined],
  ['', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['15, 20', undefined],
  ['1000000000', undefined],
])('%j is %j', (text, timeoutMs) => {
  expect(parseRequestTimeout(text)).toBe(timeoutMs)
})
