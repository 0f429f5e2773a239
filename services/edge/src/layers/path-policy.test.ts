import { describe, expect, it } from 'vitest'
import { objectionTo as objectionToPath, pathOf, type PathPolicy } from './path-policy.ts'

const strict: PathPolicy = {
  dotSegments: 'refuse',
  backslashes: 'refuse',
  encodedSlashes: 'refuse',
  emptySegments: 'refuse',
}
const lenient: PathPolicy = {
  dotSegments: 'within-root',
  backslashes: 'allow',
  encodedSlashes: 'allow',
  emptySegments: 'allow',
}

const objectionTo = (target: string, policy: PathPolicy): string | undefined => objectionToPath(pathOf(target), policy)

describe('the path policy', () => {
  it.each([
    '/',
    '/a.b/..c/...',
    '/.well-known/x',
    '/a%20b/%C3%A4',
    '/100%',
    '/%zz',
    '/a?b=../..&c=%00//\\',
    '/a;b=c/d',
    '*',
    '/%252e%252e/',
  ])('has nothing against %s', (target) => {
    expect(objectionTo(target, strict)).toBeUndefined()
  })

  it.each(['/a%00', '/%0d%0aX', '/%7F', '/%1b'])('never lets a control character pass: %s', (target) => {
    expect(objectionTo(target, lenient)).toMatch(/control character/)
  })

  it.each([
    '/../a',
    '/a/../../b',
    '/%2e%2e/a',
    '/a/.%2E/%2e./b',
    '/..%2fa',
    '/..%5ca',
    '/a/..;x=1/..;/b',
    '/./../a',
    '//../a',
    '/..',
  ])('never lets a path out of the root: %s', (target) => {
    expect(objectionTo(target, lenient)).toMatch(/out of the root/)
    expect(objectionTo(target, strict)).toBeDefined()
  })

  it.each([
    ['/a/../b', /dot segment/],
    ['/a/.', /dot segment/],
    ['/a/%2e/b', /dot segment/],
    ['/a/..;/b', /dot segment/],
    ['/a\\b', /backslash/],
    ['/a%5Cb', /backslash/],
    ['/a%2Fb', /encoded slash/],
    ['/a//b', /empty segment/],
  ])('%s is refused by setting', (target, reason) => {
    expect(objectionTo(target, strict)).toMatch(reason)
    expect(objectionTo(target, lenient)).toBeUndefined()
  })
})
