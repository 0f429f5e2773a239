import { describe, expect, it } from 'vitest'
import { parseDnsServer, protocolsFor } from './options.ts'
import { parseTarget } from './target.ts'

describe('--dns', () => {
  it.each([
    ['127.0.0.1:5300', '127.0.0.1', 5300],
    ['127.0.0.1', '127.0.0.1', 53],
    ['ns.example:5353', 'ns.example', 5353],
    ['[::1]:5300', '::1', 5300],
    ['[::1]', '::1', 53],
    ['::1', '::1', 53],
    ['2001:db8::53', '2001:db8::53', 53],
  ])('%s', (text, host, port) => {
    expect(parseDnsServer(text)).toEqual({ host, port })
  })
})

describe('ALPN', () => {
  it('prefers HTTP/2 unless one version is asked for', () => {
    const scheme = 'https'
    expect(protocolsFor({ http11: false, http2: false, scheme })).toEqual(['h2', 'http/1.1'])
    expect(protocolsFor({ http11: true, http2: false, scheme })).toEqual(['http/1.1'])
    expect(protocolsFor({ http11: false, http2: true, scheme })).toEqual(['h2'])
  })
})

describe('a target', () => {
  it.each([
    ['www.roundtrip.test', 'https', 'www.roundtrip.test', 443, '/', 'https://www.roundtrip.test/'],
    ['shop.test:8443/a b?c#d', 'https', 'shop.test', 8443, '/a%20b?c', 'https://shop.test:8443/a%20b?c'],
    ['http://shop.test', 'http', 'shop.test', 80, '/', 'http://shop.test/'],
    ['https://[::1]:8443/', 'https', '::1', 8443, '/', 'https://[::1]:8443/'],
    ['https://bücher.test/', 'https', 'xn--bcher-kva.test', 443, '/', 'https://xn--bcher-kva.test/'],
  ])('%s', (text, scheme, host, port, path, url) => {
    expect(parseTarget(text)).toMatchObject({ scheme, host, port, path, url })
  })
})
