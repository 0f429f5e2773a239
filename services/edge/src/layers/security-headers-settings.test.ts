import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import {
  securityHeaderFields,
  securityHeadersSettings,
  type PublicPorts,
  type SecurityHeadersSettings,
} from './security-headers-settings.ts'

const settingsOf = (given: Partial<SecurityHeadersSettings>): SecurityHeadersSettings =>
  Value.Default(securityHeadersSettings, given) as SecurityHeadersSettings

const own: PublicPorts = { publicHttpsPort: 443, hasPlainListener: true }
const other: PublicPorts = { publicHttpsPort: 8443, hasPlainListener: true }

describe('the security fields', () => {
  it('are sane by default', () => {
    expect(securityHeaderFields(settingsOf({}), own)).toEqual({
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

  it('ask for TLS from now on only where that leads nobody astray, and for as long as is set', () => {
    const sent = { 'strict-transport-security': 'max-age=31536000' }
    expect(securityHeaderFields(settingsOf({}), other).overTls).toEqual({})
    expect(securityHeaderFields(settingsOf({}), { ...other, hasPlainListener: false }).overTls).toEqual(sent)
    expect(securityHeaderFields(settingsOf({ hstsPorts: 'any' }), other).overTls).toEqual(sent)
    expect(securityHeaderFields(settingsOf({ hstsMaxAgeSeconds: 0, hstsPorts: 'any' }), own).overTls).toEqual({})
    const preloaded = { hstsMaxAgeSeconds: 63_072_000, hstsIncludeSubDomains: true, hstsPreload: true }
    expect(securityHeaderFields(settingsOf(preloaded), own).overTls).toEqual({
      'strict-transport-security': 'max-age=63072000; includeSubDomains; preload',
    })
  })

  it('can be left out', () => {
    const { always } = securityHeaderFields(settingsOf({ contentTypeOptions: 'none', frameOptions: 'none' }), own)
    expect(Object.keys(always)).toEqual(['referrer-policy', 'cross-origin-opener-policy'])
  })
})
