import { expect, it } from 'vitest'
import { keyBy } from './cache-key.ts'

it('tells schemes, hosts and ports apart, however often they were asked for', () => {
  const keyOf = keyBy({ ignoreQuery: [], sortQuery: false })
  for (let i = 0; i < 2; i++) {
    expect(keyOf({ scheme: 'http', authority: 'a:443', target: '/b' })).toBe('http://a:443/b')
    expect(keyOf({ scheme: 'https', authority: 'A:443', target: '/b' })).toBe('https://a/b')
    expect(keyOf({ scheme: 'https', authority: 'a:443', target: '/c' })).toBe('https://a/c')
    expect(keyOf({ scheme: 'https', authority: 'a:80', target: '/b' })).toBe('https://a:80/b')
    expect(keyOf({ scheme: 'http', authority: 'a:80', target: '/b' })).toBe('http://a/b')
  }
})
