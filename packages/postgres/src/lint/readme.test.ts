/** The README's table lists each rule, once, in the order of the list. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ruleNames } from './finding.ts'

test('every rule is described', async () => {
  const readme = await readFile(new URL('README.md', import.meta.url), 'utf8')
  expect([...readme.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, rule]) => rule)).toEqual([...ruleNames])
})
