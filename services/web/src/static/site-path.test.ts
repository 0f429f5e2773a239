import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sitePathOf } from './site-path.ts'

const attempt = (target: string): string => {
  try {
    return sitePathOf(target) ?? ''
  } catch {
    return ''
  }
}

describe('sitePathOf', () => {
  it.each([
    ['/', ''],
    ['/robots.txt', 'robots.txt'],
    ['/assets/site.css?v=1', 'assets/site.css'],
    ['/docs/', 'docs/'],
    ['/gr%C3%BCn%20x.txt', 'grün x.txt'],
    ['/.well-known/security.txt', '.well-known/security.txt'],
    ['/a..b/...', undefined],
    ['/a..b', 'a..b'],
  ])('%s is %j', (target, path) => {
    expect(sitePathOf(target)).toBe(path)
  })

  it.each(['//', '//a', '/a//b', '/.env', '/.git/config', '/a/.well-known/b', '/a%2Fb', '/a%5cb', '/a\\b'])(
    '%s is no file',
    (target) => {
      expect(sitePathOf(target)).toBeUndefined()
    },
  )

  it.each(['/..', '/../x', '/a/../b', '/./a', '/%2e%2e/x', '/a/.%2E', '/a%00b', '/%', '/%zz', '/%ff', '/..?x'])(
    '%s is refused',
    (target) => {
      expect(() => sitePathOf(target)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
    },
  )

  it('never leads out of the site, whatever comes', () => {
    const piece = fc.constantFrom('/', '.', '..', '%2e', '%2f', '%5c', '\\', '%00', '%', 'a', '?', '%c0%ae')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const segments = attempt(`/${pieces.join('')}`).split('/')
        expect(segments).not.toContain('..')
        expect(segments.slice(0, -1)).not.toContain(segments.length > 1 ? '' : undefined)
        expect(segments.join('')).not.toMatch(/[\\\0]/)
      }),
      { seed: 5, numRuns: 2000 },
    )
  })
})
