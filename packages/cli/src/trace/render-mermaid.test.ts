import { describe, expect, it } from 'vitest'
import { renderMermaid } from './render-mermaid.ts'
import { madeTrace } from './testing/made-trace.ts'

describe('the sequence diagram', () => {
  it('has every party and every step of this request', () => {
    expect(renderMermaid(madeTrace())).toEqual([
      'sequenceDiagram',
      '  autonumber',
      '  participant client as roundtrip trace',
      '  participant dns as dns 127.0.0.1:5300',
      '  participant tier0 as edge-1',
      '  participant tier1 as web-1',
      '  participant tier2 as app-2',
      '  participant tier3 as cache',
      '  participant tier4 as db replica-1',
      '  client->>dns: addresses of www.roundtrip.test?',
      '  dns-->>client: 127.0.0.1, 127.0.0.2, TTL 30 s (1.25 ms)',
      '  client->>tier0: TCP connect 127.0.0.1:8443 (0.50 ms)',
      '  client->>tier0: TLSv1.3, h2, new session (5.00 ms)',
      '  client->>tier0: GET /products?page=2',
      '  tier0->>tier1: web',
      '  tier1->>tier2: app',
      '  tier2->>tier3: cache',
      '  tier3-->>tier2: miss, 0.50 ms',
      '  tier2->>tier4: db',
      '  tier4-->>tier2: 2.00 ms',
      '  tier2-->>tier1: 4.00 ms',
      '  tier1-->>tier0: 6.00 ms',
      '  tier0-->>client: 200 OK, HTTP/2, text/html, 12.3 kB (first byte after 10.00 ms, transfer 2.00 ms)',
    ])
  })

  it('goes by the name of the server when no tier reports', () => {
    const lines = renderMermaid(
      madeTrace({ serverTiming: [], name: { addresses: ['192.0.2.1'], source: 'system', aliases: [] } }),
    )
    expect(lines).toContain('  participant server as www.roundtrip.test')
    expect(lines).toContain('  participant dns as name resolution')
    expect(lines).toContain('  client->>server: GET /products?page=2')
  })

  it('writes what would be syntax as entities', () => {
    const { request } = madeTrace()
    const lines = renderMermaid(madeTrace({ request: { ...request, url: 'https://a.test/x;y?q=%23#no' } }))
    expect(lines).toContain('  client->>tier0: GET /x#59;y?q=%23')
  })

  it('ends with the failure', () => {
    const { phases } = madeTrace()
    const failure = { code: 'NAME_NOT_FOUND', message: 'The name nope.test does not exist.', phase: 'name' } as const
    const { name: _name, connect: _connect, tls: _tls, response: _response, ...rest } = madeTrace()
    expect(renderMermaid({ ...rest, phases: phases.slice(0, 2), serverTiming: [], failure }).slice(2)).toEqual([
      '  participant client as roundtrip trace',
      '  participant dns as name resolution',
      '  client->>dns: addresses of www.roundtrip.test?',
      '  Note over client,dns: NAME_NOT_FOUND: The name nope.test does not exist.',
    ])
  })

  it('marks the address that failed, and a kept connection', () => {
    const connect = [
      { address: '::1', port: 443, durationMs: 1, failure: 'refused' },
      { address: '127.0.0.1', port: 443, durationMs: 1 },
    ]
    expect(renderMermaid(madeTrace({ connect }))).toContain('  client-xtier0: TCP connect [::1]:443 refused')
    expect(renderMermaid(madeTrace({ kind: 'kept' }))).toContain(
      '  Note over client,tier0: the connection of the run before',
    )
  })
})
