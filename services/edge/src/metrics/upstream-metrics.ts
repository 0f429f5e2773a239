/** Rate, errors and duration of the pools and their members. */
import { counter, gauge, type Metric, type Row } from '@roundtrip/metrics'
import type { PoolStatus } from '@roundtrip/upstream'
import type { ServedPool } from '../runtime/edge-runtime.ts'

export const upstreamMetrics = (served: readonly ServedPool[]): Metric[] => {
  const pools = served.map(({ pool }) => pool.status())
  return [...poolMetrics(pools), latencyMetric(served), ...memberMetrics(pools)]
}

const latencyMetric = (served: readonly ServedPool[]): Metric => ({
  name: 'edge_pool_attempt_seconds',
  help: 'Time until a member answered or had failed.',
  type: 'histogram',
  samples: served.flatMap(({ pool, latency }) => latency.samples({ pool: pool.name })),
})

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
      'Whether so few members are healthy that others are used too.',
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
