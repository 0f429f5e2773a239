import { describe, expect, it } from 'vitest'
import { BoundedCache } from './bounded-cache.ts'
import { cacheControlOf } from './cache-control.ts'
import { isCompressible, mediaTypeOf } from './media-type.ts'

describe('mediaTypeOf', () => {
  it.each([
    ['site.css', 'text/css; charset=utf-8', true],
    ['app.js', 'text/javascript; charset=utf-8', true],
    ['a.b/index.html', 'text/html; charset=utf-8', true],
    ['favicon.svg', 'image/svg+xml', true],
    ['data.json', 'application/json; charset=utf-8', true],
    ['photo.webp', 'image/webp', false],
    ['font.woff2', 'font/woff2', false],
    ['archive.zip', 'application/zip', false],
    ['LICENSE', 'application/octet-stream', false],
    ['a.b/LICENSE', 'application/octet-stream', false],
    ['what.ever-unknown', 'application/octet-stream', false],
  ])('%s is %s', (path, mediaType, compressible) => {
    expect(mediaTypeOf(path)).toBe(mediaType)
    expect(isCompressible(mediaType)).toBe(compressible)
  })
})

describe('cacheControlOf', () => {
  it.each(['assets/app.3f2a9c1b.js', 'app-0123456789abcdef.css'])('keeps %s for ever', (path) => {
    expect(cacheControlOf(path)).toBe('public, max-age=31536000, immutable')
  })

  it.each(['site.css', 'report-20261231.pdf', 'Annual-Report-2026.pdf', 'deadbeef.js', 'app.3f2a9c1.js'])(
    'has %s checked',
    (path) => {
      expect(cacheControlOf(path)).toBe('public, max-age=0, must-revalidate')
    },
  )
})

describe('BoundedCache', () => {
  it('lets go of what was not asked for the longest', () => {
    const cache = new BoundedCache<string>(10)
    cache.set('a', 'A', 4)
    cache.set('b', 'B', 4)
    expect(cache.get('a')).toBe('A')
    cache.set('c', 'C', 4)
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['A', undefined, 'C'])
  })

  it('counts a replaced or deleted entry no more, and keeps nothing beyond its bound', () => {
    const cache = new BoundedCache<string>(10)
    for (let round = 0; round < 5; round++) cache.set('a', 'A', 9)
    cache.delete('none')
    cache.delete('a')
    cache.set('b', 'B', 10)
    expect(cache.get('b')).toBe('B')
    cache.set('c', 'C', 11)
    expect([cache.get('b'), cache.get('c')]).toEqual([undefined, undefined])
  })
})
