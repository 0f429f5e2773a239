import { Fields } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { coloursFor } from '../terminal/colours.ts'
import { visibleWidth } from '../terminal/text.ts'
import { renderWaterfall } from './render-waterfall.ts'
import { madeTrace } from './testing/made-trace.ts'
import type { Trace } from './trace.ts'

const render = (trace: Trace, { width = 80, unicode = true, colour = false } = {}) =>
  renderWaterfall(trace, { colours: coloursFor(colour), width, unicode })

const rowOf = (lines: string[], label: string) => lines.find((line) => line.trimStart().startsWith(label)) ?? ''

describe('the waterfall', () => {
  it('reads as designed at 80 columns', () => {
    expect(render(madeTrace())).toEqual([
      'GET https://www.roundtrip.test/products?page=2',
      '200 OK · HTTP/2 · text/html · 12.3 kB',
      '',
      'step           ms  0         20.00 ms',
      "url          0.25  ▏                   443 → 8443, this stack's edge",
      'name         1.25  █▌                  127.0.0.1, 127.0.0.2',
      '                                       DNS 127.0.0.1:5300 udp · TTL 30 s',
      '                                       authoritative',
      'tcp          0.50   ▐                  127.0.0.1:8443',
      'tls          5.00    ████▌             TLSv1.3 · TLS_AES_128_GCM_SHA256 · X25519',
      '                                       ALPN h2 · new session',
      '                                       www.roundtrip.test, 6 d left',
      '                                       by Roundtrip local CA, 9 y left',
      'request      1.00        ▐             GET, 5 fields',
      'wait        10.00         █████████    until the first byte',
      ' network     2.00         █░░░░░░░▐    there and back to edge',
      ' edge        8.00          █░░░░░▐▌    edge-1 · 2.00 itself',
      '  web        6.00           █░░░▐▌     web-1 · 2.00 itself',
      '   app       4.00            ▌░░▌      app-2 · 1.50 itself',
      '    cache    0.50            ▐         miss',
      '    db       2.00             ██       replica-1',
      'transfer     2.00                  ██  12.3 kB br',
      'total       20.00                      99.8 % of 20.05 ms wall time',
      '',
      'The tiers reported their own times (Server-Timing); with clocks of their own,',
      'each is centred in the one around it.',
      'trace 4bf92f3577b34da6a3ce929d0e0e4736',
      'request req-1',
    ])
  })

  it.each([64, 80, 100, 120, 200])('stays within %i columns and 30 lines', (width) => {
    const lines = render(madeTrace(), { width })
    expect(Math.max(...lines.map(visibleWidth))).toBeLessThanOrEqual(width)
    expect(lines.length).toBeLessThanOrEqual(30)
  })

  it('needs nothing but ASCII where the terminal has no more', () => {
    expect(render(madeTrace(), { unicode: false }).join('')).toMatch(/^[ -~]+$/)
  })

  it('has the colours of the tiers', () => {
    const plain = render(madeTrace())
    const coloured = render(madeTrace(), { colour: true })
    expect(coloured.join('')).toContain('\u{1b}[36m edge')
    expect(coloured.map(visibleWidth)).toEqual(plain.map(visibleWidth))
  })

  it('ends at the failure, in one sentence', () => {
    const lines = render(
      madeTrace({
        phases: [
          { name: 'url', startMs: 0, durationMs: 0.25 },
          { name: 'name', startMs: 0.25, durationMs: 1 },
          { name: 'connect', startMs: 1.25, durationMs: 2 },
        ],
        connect: [{ address: '::1', port: 8443, durationMs: 2, failure: 'refused' }],
        failure: { code: 'UPSTREAM_UNREACHABLE', message: 'No connection: [::1]:8443 refused.', phase: 'connect' },
        serverTiming: [],
      }),
    )
    expect(rowOf(lines, 'tcp')).toContain('[::1]:8443 refused after 2.00 ms')
    expect(lines).toContain('✗ No connection: [::1]:8443 refused.')
    expect(rowOf(lines, 'tls')).toBe('')
  })

  it('shows where a redirect leads', () => {
    const response = {
      status: 308,
      statusText: '',
      httpVersion: '1.1',
      fields: Fields.of({ location: '/x' }),
      bodyBytes: 0,
    }
    expect(render(madeTrace({ response }))).toContain(
      'Redirect, not followed: roundtrip trace https://www.roundtrip.test/x',
    )
  })

  it('says so when no tier reports, and shows the metrics of others without a place', () => {
    expect(rowOf(render(madeTrace({ serverTiming: [] })), 'wait')).toContain('until the first byte')
    expect(render(madeTrace({ serverTiming: [] })).join('\n')).toContain('no Server-Timing reported')
    const lines = render(madeTrace({ serverTiming: [{ name: 'cdn-cache', description: 'HIT', durationMs: 3 }] }))
    expect(rowOf(lines, 'cdn-cache')).toMatch(/^ cdn-cache {4}3\.00 +HIT · as the server reports$/)
  })

  it('leaves out most of a long list of such metrics', () => {
    const serverTiming = Array.from({ length: 50 }, (_, index) => ({ name: `m${index}`, durationMs: 1 }))
    expect(render(madeTrace({ serverTiming })).filter((line) => /^ m\d/.test(line))).toHaveLength(6)
  })

  it('keeps escape sequences of others from the terminal', () => {
    const trace = madeTrace({
      serverTiming: [{ name: 'edge', description: '\u{1b}[2Jboo', durationMs: 1 }],
      response: {
        status: 200,
        statusText: 'O\u{7}K',
        httpVersion: '1.1',
        fields: Fields.of({ 'content-type': 'a\u{1b}b', 'x-request-id': '\u{1b}c' }),
        bodyBytes: 1,
      },
    })
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(render(trace).join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
  })

  it.each([
    [{ addresses: ['127.0.0.1'], source: 'literal', aliases: [] }, 'the URL has the address'],
    [{ addresses: ['127.0.0.1'], source: 'loopback', aliases: [] }, '127.0.0.1 · loopback by RFC 6761'],
    [{ addresses: ['192.0.2.1'], source: 'system', aliases: [] }, '192.0.2.1 · system resolver'],
    [{ addresses: ['192.0.2.1'], source: 'cache', ttlSeconds: 7, aliases: [] }, '192.0.2.1 · cached · TTL 7 s left'],
    [{ addresses: ['192.0.2.1'], source: 'dns', aliases: ['b.test'] }, 'alias of b.test · 192.0.2.1'],
  ] as const)('tells where an address is from: %o', (name, sentence) => {
    expect(rowOf(render(madeTrace({ name })), 'name')).toContain(sentence)
  })
})
