import type { HttpHandler } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { testContext, testRequest, testResponse } from '../testing/messages.ts'
import { httpsRedirect } from './https-redirect.ts'

const options = { httpsRedirect: true, plainPaths: ['/.well-known/acme-challenge/'], publicHttpsPort: 443 }

const next: HttpHandler = async () => testResponse()

describe('httpsRedirect', () => {
  it.each([
    [443, 'www.roundtrip.test', '/a?b=c', 'https://www.roundtrip.test/a?b=c'],
    [8443, 'www.roundtrip.test:8080', '/a%20b', 'https://www.roundtrip.test:8443/a%20b'],
    [8443, '[::1]:8080', '*', 'https://[::1]:8443/'],
  ])('to port %i: %s%s', async (publicHttpsPort, authority, target, location) => {
    const handler = httpsRedirect({ ...options, publicHttpsPort })(next)
    const response = await handler(testRequest({ scheme: 'http', authority, target }), testContext())
    expect([response.status, response.fields.get('location')]).toEqual([308, location])
  })

  it('leaves alone who came with TLS, and what is served without', async () => {
    const handler = httpsRedirect(options)(next)
    const statusOf = async (scheme: 'http' | 'https', target: string): Promise<number> =>
      (await handler(testRequest({ scheme, target }), testContext())).status
    expect(await statusOf('https', '/')).toBe(200)
    expect(await statusOf('http', '/.well-known/acme-challenge/token')).toBe(200)
    expect(await statusOf('http', '/')).toBe(308)
    expect(await statusOf('http', '/.well-known/acme-challenge/../../')).toBe(308)
  })

  it('is not there when it is off', () => {
    expect(httpsRedirect({ ...options, httpsRedirect: false })(next)).toBe(next)
  })
})
