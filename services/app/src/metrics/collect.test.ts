import type { Cache } from '@roundtrip/cache'
import { expose } from '@roundtrip/metrics'
import { readExposition } from '@roundtrip/metrics/testing'
import type { NodeStats } from '@roundtrip/postgres'
import { expect, it } from 'vitest'
import { collectMetrics } from './collect.ts'
import { RequestFigures } from './request-figures.ts'

const node = (role: NodeStats['role'], lagMs: number): NodeStats => ({
  role,
  reads: { inUse: 3, waiting: 4 },
  writes: { inUse: 1, waiting: 2 },
  position: undefined,
  lagBytes: lagMs * 10,
  lagMs,
  share: 1,
})

/** Every count is another one. */
const cacheStats = new Proxy({} as ReturnType<Cache['stats']>, {
  get: (_, name) => (name === 'circuit' ? 'open' : String(name).length),
})

const scrape = () => {
  const requests = new RequestFigures()
  requests.record('GET /api/products', 200, 3)
  requests.record('GET /api/products', 503, 1)
  requests.record('none', 404, 1)
  const metrics = collectMetrics({
    requests,
    shedder: {
      status: () => ({
        inFlight: 7,
        loopDelayMs: 250,
        heapBytes: 5_000_000,
        shed: [{ excess: 'heap', priority: 'normal', count: 9 }],
      }),
    },
    database: { stats: () => ({ primary: node('primary', 0), 'replica-1': node('replica', 1500) }) },
    cache: { stats: () => cacheStats },
  })
  return readExposition(expose(metrics))
}

it('tells rate, errors and duration, load, database, cache and process', () => {
  const families = scrape()
  const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
    [...families.values()]
      .flatMap(({ series }) => series)
      .find((one) => one.name === name && Object.entries(labels).every(([label, text]) => one.labels[label] === text))
      ?.value
  expect(value('app_responses_total', { route: 'GET /api/products', status: '2xx' })).toBe(1)
  expect(value('app_responses_total', { route: 'GET /api/products', status: '5xx' })).toBe(1)
  expect(value('app_first_byte_seconds_sum', { route: 'GET /api/products' })).toBe(0.004)
  expect(value('app_responses_total', { route: 'none', status: '4xx' })).toBe(1)
  expect(value('app_requests_in_flight')).toBe(7)
  expect(value('app_loop_delay_seconds')).toBe(0.25)
  expect(value('app_shed_total', { reason: 'heap', priority: 'normal' })).toBe(9)
  expect(value('app_database_connections_in_use', { node: 'primary', use: 'writes' })).toBe(1)
  expect(value('app_database_waiting', { node: 'replica-1', use: 'reads' })).toBe(4)
  expect(value('app_database_primary', { node: 'primary' })).toBe(1)
  expect(value('app_database_primary', { node: 'replica-1' })).toBe(0)
  expect(value('app_database_lag_seconds', { node: 'replica-1' })).toBe(1.5)
  expect(value('app_cache_reads_total', { outcome: 'memory' })).toBe('memoryHits'.length)
  expect(value('app_cache_stored_total', { outcome: 'kept' })).toBe('stored'.length)
  expect(value('app_cache_circuit_open')).toBe(1)
  expect(value('app_workers')).toBe(1)
})

it('is named by the conventions', () => {
  for (const [name, { type, help }] of scrape()) {
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    expect(name).toMatch(/^app_[a-z0-9_]+$/)
    // Base units only.
    expect(name).not.toMatch(/_(?:ms|milliseconds|kb|mb|percent)(?:_|$)/)
    expect(help).toMatch(/^[A-Z].*\.$/)
  }
})
