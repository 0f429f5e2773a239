/** What V8 makes of `String.prototype`, asked of V8 itself in a process of its own. */
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

const ask = (before: string): string =>
  execFileSync(
    process.execPath,
    [
      '--allow-natives-syntax',
      '--input-type=module',
      '--eval',
      `import { mendStringPrototype } from ${JSON.stringify(import.meta.resolve('./fast-strings.ts'))}
       ${before}
       console.log(%HasFastProperties(String.prototype))`,
    ],
    { encoding: 'utf8' },
  ).trim()

const subclass = 'class Verbatim extends String {}'

test('a subclass of String makes all strings slow', () => {
  expect(ask('')).toBe('true')
  expect(ask(subclass)).toBe('false')
})

test('they are fast again', () => {
  expect(ask(`${subclass}; mendStringPrototype()`)).toBe('true')
})
