import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import {
  securityHeaderFields,
  securityHeadersSettings,
  type SecurityHeadersSettings,
} from './security-headers-settings.ts'

const settingsOf = (given: Partial<SecurityHeadersSettings>): SecurityHeadersSettings =>
  Value.Default(securityHeadersSettings, given) as SecurityHeadersSettings

describe('the security fields', () => {
  it('are sane by default', () => {
    expect(securityHeaderFields(settingsOf({}), 443)).toEqual({
      always: {
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'strict-origin-when-cross-origin',
        'cross-origin-opener-policy': 'same-origin-allow-popups',
        'x-frame-options': 'SAMEORIGIN',
      },
      overTls: { 'strict-transport-security': 'max-age=31536000' },
      overwrite: false,
      removed: ['server', 'x-powered-by', 'x-aspnet-version', 'x-aspnetmvc-version'],
    })
  })

  it('ask for TLS from now on only where HTTPS has its own port, and for as long as is set', () => {
    expect(securityHeaderFields(settingsOf({}), 8443).overTls).toEqual({})
    expect(securityHeaderFields(settingsOf({ hstsMaxAgeSeconds: 0 }), 443).overTls).toEqual({})
    const preloaded = { hstsMaxAgeSeconds: 63_072_000, hstsIncludeSubDomains: true, hstsPreload: true }
    expect(securityHeaderFields(settingsOf(preloaded), 443).overTls).toEqual({
      'strict-transport-security': 'max-age=63072000; includeSubDomains; preload',
    })
  })

  it('can be left out', () => {
    const { always } = securityHeaderFields(settingsOf({ contentTypeOptions: 'none', frameOptions: 'none' }), 443)
    expect(Object.keys(always)).toEqual(['referrer-policy', 'cross-origin-opener-policy'])
  })
})
