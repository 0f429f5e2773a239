import { Fields, type HttpRequest } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { createRouter, type Match } from './router.ts'

const match = (overrides: Partial<Match> = {}): Match => ({
  hosts: [],
  path: '/',
  exact: false,
  methods: [],
  ...overrides,
})

const request = (authority: string, target: string, method: string): HttpRequest => ({
  method,
  target,
  authority,
  scheme: 'https',
  fields: Fields.of(),
  body: undefined,
  httpVersion: '1.1',
})

const find = (routes: Record<string, Match>) => {
  const router = createRouter(Object.entries(routes).map(([value, of]) => ({ match: of, value })))
  return (target: string, authority = 'a.test', method = 'GET') => router(request(authority, target, method))
}

describe('the route of a request', () => {
  it.each([
    ['/', 'all'],
    ['/api', 'api'],
    ['/api?x', 'api'],
    ['/api/orders', 'api'],
    ['/apis', 'all'],
    ['/api/health', 'health'],
    ['/api/health/x', 'api'],
    ['/assets/site.css', 'assets'],
    ['/assets', 'all'],
  ])('%s: %s, the longest path that fits', (target, expected) => {
    const route = find({
      all: match(),
      assets: match({ path: '/assets/' }),
      api: match({ path: '/api' }),
      health: match({ path: '/api/health', exact: true }),
    })
    expect(route(target)).toBe(expected)
  })

  it.each([
    '/%61pi/x',
    '/%61pi/%ff',
    '/api;x=1',
    '/api;x/y',
    '/b/..;x/api/y',
    '//api/x',
    '/./api/x',
    '/b/../api/x',
    '/b/%2e%2e/api/x',
    '/b%2f../api/x',
  ])('cannot be dodged by spelling its path %s', (target) => {
    expect(find({ all: match(), api: match({ path: '/api' }) })(target)).toBe('api')
  })

  it('is that of the host first: its own, then a wildcard, then any', () => {
    const route = find({
      any: match({ path: '/long/path' }),
      wildcard: match({ hosts: ['*.b.test'] }),
      own: match({ hosts: ['www.b.test'] }),
    })
    expect(route('/long/path', 'WWW.b.test.:8443')).toBe('own')
    expect(route('/long/path', 'x.y.b.test')).toBe('wildcard')
    expect(route('/long/path', 'b.test')).toBe('any')
    expect(route('/', 'b.test')).toBeUndefined()
  })

  it('prefers one that is made for the method', () => {
    const route = find({ read: match(), write: match({ methods: ['POST', 'PUT'] }) })
    expect([route('/'), route('/', 'a.test', 'POST')]).toEqual(['read', 'write'])
  })
})
