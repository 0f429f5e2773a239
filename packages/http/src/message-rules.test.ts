import { describe, expect, it } from 'vitest'
import { isAuthority, isFieldName, isFieldValue, isMethod, isTarget } from './message-rules.ts'

describe('an authority', () => {
  it.each(['a.test', 'a.test:', 'a.test:65535', '[::1]:443', '192.0.2.1', 'xn--bcher-kva.test'])(
    'may be %s',
    (text) => {
      expect(isAuthority(text)).toBe(true)
    },
  )

  it.each(['', ':80', 'a.test:65536', 'a.test:x', 'user@a.test', 'a.test,b.test', 'a test', 'a.test/b', '[::1', 'a\0'])(
    'may not be %j',
    (text) => {
      expect(isAuthority(text)).toBe(false)
    },
  )
})

describe('the other parts', () => {
  it.each([
    [isMethod, 'M-SEARCH', 'GET /'],
    [isTarget, '/a?b=%20', '/a b'],
    [isTarget, '*', '/a#b'],
    [isFieldName, 'x-a', 'X-A'],
    [isFieldName, 'a', 'a:'],
    [isFieldValue, 'a\tb \u00FF', 'a\rb'],
    [isFieldValue, '', 'a\0'],
  ])('%o: %j, but not %j', (rule, good, bad) => {
    expect([rule(good), rule(bad)]).toEqual([true, false])
  })
})
