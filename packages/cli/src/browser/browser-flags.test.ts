import { describe, expect, it } from 'vitest'
import { browserFlags, hostResolverRules } from './browser-flags.ts'

const edges = [
  { name: 'edge-1', host: '127.0.0.1', httpsPort: 9443, httpPort: 9080 },
  { name: 'edge-2', host: '::1', httpsPort: 9443, httpPort: 9080 },
]

describe('hostResolverRules', () => {
  const rules = hostResolverRules(edges, 'roundtrip.test').split(', ')

  it('maps names and default ports to the edge that serves them', () => {
    expect(rules).toContain('MAP www.roundtrip.test:443 127.0.0.1:9443')
    expect(rules).toContain('MAP roundtrip.test:80 127.0.0.1:9080')
    expect(rules).toContain('MAP edge-2.roundtrip.test:443 [::1]:9443')
  })

  it('puts the rule with a port before the one without, since the first match wins', () => {
    const [withPort, without] = ['MAP www.roundtrip.test:443 127.0.0.1:9443', 'MAP www.roundtrip.test 127.0.0.1']
    expect(rules).toEqual(expect.arrayContaining([withPort, without]))
    expect(rules.indexOf(withPort ?? '')).toBeLessThan(rules.indexOf(without ?? ''))
  })

  it('has none without an edge', () => {
    expect(hostResolverRules([], 'roundtrip.test')).toBe('')
  })
})

describe('browserFlags', () => {
  const options = { profileFolder: '/p', edges, zone: 'roundtrip.test', spkiFingerprints: ['abc='], url: 'https://x/' }

  it('trusts the given keys in a profile of its own, and ends with the URL', () => {
    const flags = browserFlags({ ...options, isRoot: false })
    expect(flags).toContain('--user-data-dir=/p')
    expect(flags).toContain('--ignore-certificate-errors-spki-list=abc=')
    expect(flags).not.toContain('--no-sandbox')
    expect(flags.at(-1)).toBe('https://x/')
  })

  it('goes without the sandbox only as root', () => {
    expect(browserFlags({ ...options, isRoot: true })).toContain('--no-sandbox')
  })
})
