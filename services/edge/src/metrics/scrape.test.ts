import { X509Certificate } from 'node:crypto'
import { constants } from 'node:http2'
import { describe, expect, it } from 'vitest'
import { readExposition, type Family } from '@roundtrip/metrics/testing'
import { startSteeredEdge } from '../testing/steered-edge.ts'
import {
  ask,
  askHttp2,
  ca,
  connectRaw,
  connectSession,
  host,
  startOrigin,
  type TestEdge,
} from '../testing/test-edge.ts'

const sayWrong = async (edge: TestEdge, protocol: string, octets: string): Promise<void> => {
  const socket = await connectRaw(edge, { ALPNProtocols: [protocol] })
  socket.end(octets, 'latin1')
  socket.resume()
  await new Promise((resolve) => void socket.once('close', resolve))
}

/** What an edge tells that has answered some requests, of each kind. */
const scrape = async (): Promise<Map<string, Family>> => {
  const origin = await startOrigin((request, response) => {
    const isBroken = request.url === '/api/broken'
    response.writeHead(isBroken ? 500 : 200, isBroken ? {} : { 'cache-control': 'max-age=60' }).end('ok')
  })
  const edge = await startSteeredEdge({
    pools: { web: { members: [{ origin }, { origin: 'http://127.0.0.1:1' }] }, empty: {} },
    routes: [
      { name: 'all' },
      { name: 'api', path: '/api', rateLimit: { policies: [{ quota: 2, windowMs: 60_000, burst: 2 }] } },
    ],
  })
  await edge.admin('POST', '/pools/web/members/127.0.0.1:1/drain')
  const session = connectSession(edge)
  await ask(edge, '/')
  await askHttp2(session, { ':path': '/' })
  session.request({ ':authority': host, ':path': '/' }).close(constants.NGHTTP2_CANCEL)
  for (let i = 0; i < 3; i++) await askHttp2(session, { ':path': '/api/broken' })
  await sayWrong(edge, 'http/1.1', 'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n')
  // SETTINGS, then a PING too short.
  await sayWrong(edge, 'h2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0\0\0\u{1}\u{6}\0\0\0\0\0!')
  const { content } = await edge.admin('GET', '/metrics')
  return readExposition(String(content))
}

let families: Map<string, Family>

describe('what Prometheus reads', () => {
  it('is well-formed, and says what has happened', async () => {
    families = await scrape()
    const value = (name: string, labels: Record<string, string> = {}): number | undefined => {
      const family = families.get(name.replace(/_count$/, '')) ?? families.get(name)
      const isIt = (one: Family['series'][number]): boolean =>
        one.name === name && Object.entries(labels).every(([key, wanted]) => one.labels[key] === wanted)
      return family?.series.find(isIt)?.value
    }
    const all: readonly [name: string, labels: Record<string, string>, value: unknown][] = [
      ['edge_responses_total', { route: 'all', status: '2xx' }, 3],
      ['edge_responses_total', { route: 'api', status: '5xx' }, 2],
      ['edge_responses_total', { route: 'api', status: '4xx' }, 1],
      ['edge_first_byte_seconds_count', { route: 'api' }, 3],
      ['edge_pool_requests_total', { pool: 'web' }, 3],
      ['edge_pool_attempt_seconds_count', { pool: 'web' }, 3],
      ['edge_pool_attempt_seconds_count', { pool: 'empty' }, 0],
      ['edge_upstream_requests_total', { pool: 'web', member: '127.0.0.1:1' }, 0],
      ['edge_upstream_healthy', { pool: 'web', member: '127.0.0.1:1' }, 0],
      ['edge_cache_hits_total', { state: 'fresh' }, 2],
      ['edge_cache_misses_total', { reason: 'uri-miss' }, expect.any(Number)],
      ['edge_cache_objects', {}, expect.any(Number)],
      ['edge_rate_limited_total', {}, 1],
      ['edge_shed_total', { priority: 'critical' }, 0],
      ['edge_loop_delay_seconds', {}, expect.any(Number)],
      ['edge_tls_handshakes_total', { listener: 'https', outcome: 'full' }, 4],
      ['edge_connections', { listener: 'https', protocol: 'h2' }, 1],
      ['edge_connections', { listener: 'http', protocol: 'http/1.1' }, 0],
      ['edge_connections_accepted_total', { listener: 'https' }, 4],
      ['edge_connections_refused_total', { listener: 'http', why: 'connections' }, 0],
      ['edge_http1_requests_total', { listener: 'https' }, expect.any(Number)],
      ['edge_http1_refused_total', { listener: 'https' }, 1],
      ['edge_http2_requests_total', { listener: 'https' }, 5],
      ['edge_http2_streams_total', { listener: 'https' }, 5],
      ['edge_http2_resets_received_total', { listener: 'https' }, 1],
      ['edge_http2_goaways_total', { listener: 'https', code: 'FRAME_SIZE_ERROR' }, 1],
      ['edge_http2_table_bytes', { listener: 'https' }, expect.any(Number)],
      ['edge_certificate_not_after_seconds', { name: host }, new X509Certificate(ca).validToDate.getTime() / 1000],
      ['edge_process_resident_memory_bytes', {}, expect.any(Number)],
      ['edge_workers', {}, 1],
    ]
    const said = all.map(([name, labels]) => [name, labels, value(name, labels)])
    expect(said).toEqual(all)
  })

  it('is named by the conventions', () => {
    expect(families.size).toBeGreaterThan(40)
    for (const [name, { type, help }] of families) {
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
      expect(name).toMatch(/^edge_[a-z0-9_]+$/)
      // Base units only.
      expect(name).not.toMatch(/_(?:ms|milliseconds|kb|mb|percent)(?:_|$)/)
      expect(help).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('has histograms whose buckets only rise, up to their count', () => {
    const histograms = [...families].filter(([, { type }]) => type === 'histogram')
    expect(histograms.map(([name]) => name)).toEqual(['edge_first_byte_seconds', 'edge_pool_attempt_seconds'])
    for (const [name, { series }] of histograms) {
      const keyOf = ({ labels: { le: _le, ...others } }: (typeof series)[number]): string => JSON.stringify(others)
      for (const group of Map.groupBy(series, keyOf).values()) {
        const buckets = group.filter((one) => one.name === `${name}_bucket`)
        const bounds = buckets.map(({ labels }) => (labels['le'] === '+Inf' ? Infinity : Number(labels['le'])))
        const counts = buckets.map(({ value }) => value)
        expect(bounds).toEqual(bounds.toSorted((a, b) => a - b))
        expect(counts).toEqual(counts.toSorted((a, b) => a - b))
        expect(bounds.at(-1)).toBe(Infinity)
        expect(group.find((one) => one.name === `${name}_count`)?.value).toBe(counts.at(-1))
        expect(group.filter((one) => one.name === `${name}_sum`)).toHaveLength(1)
      }
    }
  })
})
