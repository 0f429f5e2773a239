/** All figures of one worker process, in one list. */
import type { StoreStats } from '@roundtrip/http-cache'
import type { PoolStatus } from '@roundtrip/upstream'
import type { Listeners } from '../listener/open-listeners.ts'
import type { EdgeRuntime } from '../runtime/edge-runtime.ts'
import { addUp, type Metric, type Sample } from './exposition.ts'

type Labels = Sample['labels']
type Row = readonly [labels: Labels, value: number]

const metric = (type: Metric['type'], name: string, help: string, rows: readonly Row[]): Metric => ({
  name,
  help,
  type,
  samples: rows.map(([labels, value]) => ({ labels, value })),
})

const counter = (name: string, help: string, rows: readonly Row[]): Metric => metric('counter', name, help, rows)
const gauge = (name: string, help: string, rows: readonly Row[]): Metric => metric('gauge', name, help, rows)

export const collectMetrics = (runtime: EdgeRuntime, listeners: Listeners): Metric[] => {
  const pools = [...runtime.pools.values()].map((pool) => pool.status())
  return [
    // Routes share the names of their metrics.
    ...addUp([...runtime.figures].map((figures) => figures.metrics)),
    ...poolMetrics(pools),
    ...memberMetrics(pools),
    ...cacheMetrics(runtime.store.stats()),
    ...limitMetrics(runtime),
    ...listenerMetrics(listeners),
    ...processMetrics(),
  ]
}

const poolMetrics = (pools: readonly PoolStatus[]): Metric[] => {
  const each = (read: (pool: PoolStatus) => number): Row[] => pools.map((pool) => [{ pool: pool.name }, read(pool)])
  return [
    counter(
      'edge_pool_requests_total',
      'Requests given to a pool.',
      each(({ counters }) => counters.requests),
    ),
    counter(
      'edge_pool_retries_total',
      'Attempts after the first.',
      each(({ counters }) => counters.retries),
    ),
    counter(
      'edge_pool_hedges_total',
      'Attempts beside a slow one.',
      each(({ counters }) => counters.hedges),
    ),
    counter(
      'edge_pool_retries_refused_total',
      'Retries beyond the budget.',
      each(({ counters }) => counters.retriesRefused),
    ),
    counter(
      'edge_pool_overflows_total',
      'Requests that a circuit breaker refused.',
      each(({ counters }) => counters.overflows),
    ),
    counter(
      'edge_pool_without_member_total',
      'Requests for which nobody was left.',
      each(({ counters }) => counters.withoutMember),
    ),
    gauge(
      'edge_pool_in_flight',
      'Requests whose response has not ended.',
      each(({ inFlight }) => inFlight),
    ),
    gauge(
      'edge_pool_panic',
      'Whether so few members are healthy that all are used.',
      each(({ isPanic }) => Number(isPanic)),
    ),
  ]
}

type Member = PoolStatus['members'][number]

const memberMetrics = (pools: readonly PoolStatus[]): Metric[] => {
  const each = (read: (member: Member) => number): Row[] =>
    pools.flatMap(({ name, members }) =>
      members.map((member): Row => [{ pool: name, member: member.name }, read(member)]),
    )
  const failures = pools.flatMap(({ name, members }) =>
    members.flatMap((member) =>
      Object.entries(member.counters.failures).map(([code, count]): Row => [
        { pool: name, member: member.name, code },
        count,
      ]),
    ),
  )
  return [
    counter(
      'edge_upstream_requests_total',
      'Attempts at a member.',
      each(({ counters }) => counters.requests),
    ),
    counter(
      'edge_upstream_responses_5xx_total',
      'Answers of 500 and above.',
      each(({ counters }) => counters.responses5xx),
    ),
    counter('edge_upstream_failures_total', 'Attempts without an answer, by error.', failures),
    counter(
      'edge_upstream_ejections_total',
      'Times a member was ejected.',
      each(({ counters }) => counters.ejections),
    ),
    gauge(
      'edge_upstream_healthy',
      'Workers that give the member work.',
      each(({ state }) => Number(state === 'healthy')),
    ),
    gauge(
      'edge_upstream_connections',
      'Open connections.',
      each(({ connections }) => connections.open),
    ),
    gauge(
      'edge_upstream_waiting',
      'Requests that wait for a connection.',
      each(({ connections }) => connections.waiting),
    ),
  ]
}

const cacheMetrics = (stats: StoreStats): Metric[] => [
  counter('edge_cache_hits_total', 'Requests answered from the cache.', [
    [{ state: 'fresh' }, stats.hits],
    [{ state: 'stale' }, stats.staleHits],
  ]),
  counter(
    'edge_cache_misses_total',
    'Requests that went on, by reason.',
    Object.entries(stats.misses).map(([reason, count]): Row => [{ reason }, count]),
  ),
  counter('edge_cache_stored_total', 'Responses stored.', [[{}, stats.stored]]),
  counter('edge_cache_evictions_total', 'Responses that made room for others.', [[{}, stats.evictions]]),
  counter('edge_cache_purged_total', 'Responses that were purged.', [[{}, stats.purged]]),
  counter('edge_cache_collapsed_total', 'Requests that took the answer to another.', [[{}, stats.collapsed]]),
  gauge('edge_cache_objects', 'Responses in the store.', [[{}, stats.objects]]),
  gauge('edge_cache_bytes', 'Memory and disk that they take.', [
    [{ level: 'memory' }, stats.bytes],
    [{ level: 'disk' }, stats.diskBytes],
  ]),
]

const limitMetrics = ({ shedder, limiter }: EdgeRuntime): Metric[] => {
  const load = shedder.status()
  const limits = limiter.status()
  return [
    gauge('edge_concurrency_limit', 'Requests that may wait for an answer at once.', [[{}, load.limit]]),
    gauge('edge_waiting_requests', 'Requests without an answer yet.', [[{}, load.waiting]]),
    counter(
      'edge_shed_total',
      'Requests refused because there was too much to do, by priority.',
      Object.entries(load.shed).map(([priority, count]): Row => [{ priority }, count]),
    ),
    counter('edge_rate_limited_total', 'Requests beyond a rate limit.', [[{}, limits.denied]]),
    counter('edge_rate_limit_fallbacks_total', 'Decisions without the shared counts.', [[{}, limits.fallbacks]]),
  ]
}

const listenerMetrics = (listeners: Listeners): Metric[] => {
  const figures = Object.entries(listeners.figures())
  const each = (read: (one: (typeof figures)[number][1]) => number): Row[] =>
    figures.map(([listener, one]) => [{ listener }, read(one)])
  const refused = figures.flatMap(([listener, one]): Row[] => [
    [{ listener, why: 'connections' }, one.tooMany],
    [{ listener, why: 'connections-of-client' }, one.tooManyOfClient],
    [{ listener, why: 'proxy-header' }, one.badProxyHeader],
  ])
  const handshakes = figures.flatMap(([listener, one]): Row[] => [
    [{ listener, outcome: 'full' }, one.handshakesFull],
    [{ listener, outcome: 'resumed' }, one.handshakesResumed],
    [{ listener, outcome: 'failed' }, one.handshakesFailed],
    [{ listener, outcome: 'timeout' }, one.handshakesTimedOut],
    [{ listener, outcome: 'dropped' }, one.handshakesDropped],
  ])
  return [
    gauge(
      'edge_connections',
      'Connections that speak HTTP.',
      each(({ open }) => open),
    ),
    counter(
      'edge_connections_accepted_total',
      'Connections accepted.',
      each(({ accepted }) => accepted),
    ),
    counter('edge_connections_refused_total', 'Connections refused, by reason.', refused),
    counter('edge_tls_handshakes_total', 'TLS handshakes, by outcome.', handshakes),
  ]
}

const processMetrics = (): Metric[] => [
  gauge('edge_process_memory_bytes', 'Resident memory.', [[{}, process.memoryUsage.rss()]]),
  counter('edge_process_cpu_seconds_total', 'Processor time.', [[{}, cpuSeconds()]]),
]

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
