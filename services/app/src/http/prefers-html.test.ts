/** Browsers get pages, programs get data. */
import { expect, test } from 'vitest'
import { prefersHtml } from './prefers-html.ts'

test.each([
  [undefined, false],
  ['*/*', false],
  ['application/json', false],
  ['text/html', true],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
  ['application/json, text/html;q=0.5', false],
  ['text/html;q=0', false],
  ['TEXT/HTML; Q=0.7, application/json;q=0.6', true],
])('%j: %s', (accept, expected) => expect(prefersHtml(accept)).toBe(expected))
