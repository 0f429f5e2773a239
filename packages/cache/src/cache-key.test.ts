import { expect, it } from 'vitest'
import { cacheKey } from './cache-key.ts'

it('reads well, and is another for other parts', () => {
  expect(cacheKey('product', 7)).toBe('product:7')
  expect(cacheKey('list', 'a:b')).not.toBe(cacheKey('list', 'a', 'b'))
  expect(cacheKey('list', '')).not.toBe(cacheKey('list'))
  expect(cacheKey('slug', 'a b\n')).toBe('slug:a%20b%0A')
})
