/** All figures of one process of the application, in one list. */
import type { Cache } from '@roundtrip/cache'
import { counter, gauge, highest, processMetrics, type Metric, type Row } from '@roundtrip/metrics'
import type { Database, NodeStats } from '@roundtrip/postgres'
import type { LoadShedder } from '../load/load-shedder.ts'
import type { RequestFigures } from './request-figures.ts'

export interface Measured {
  readonly requests: RequestFigures
  readonly shedder: Pick<LoadShedder, 'status'>
  readonly database: Pick<Database, 'stats'>
  readonly cache: Pick<Cache, 'stats'>
}

export const collectMetrics = ({ requests, shedder, database, cache }: Measured): Metric[] => [
  ...requests.metrics,
  ...loadMetrics(shedder.status()),
  ...databaseMetrics(database.stats()),
  ...cacheMetrics(cache.stats()),
  ...processMetrics('app'),
]

const loadMetrics = ({ inFlight, loopDelayMs, heapBytes, shed }: ReturnType<LoadShedder['status']>): Metric[] => [
  gauge('app_requests_in_flight', 'Requests in hand.', [[{}, inFlight]]),
  highest('app_loop_delay_seconds', 'How late the event loop is, in the worst process.', [[{}, loopDelayMs / 1000]]),
  counter('app_loop_busy_seconds_total', 'Time that event loops did not wait for anything.', [
    [{}, performance.eventLoopUtilization().active / 1000],
  ]),
  gauge('app_heap_bytes', 'Heap in use, garbage included, all the time lately.', [[{}, heapBytes]]),
  counter(
    'app_shed_total',
    'Requests refused because there was too much to do, by reason and priority.',
    shed.map(({ excess, priority, count }): Row => [{ reason: excess, priority }, count]),
  ),
]

const databaseMetrics = (nodes: Readonly<Record<string, NodeStats>>): Metric[] => {
  const each = (read: (stats: NodeStats) => number): Row[] =>
    Object.entries(nodes).map(([node, stats]) => [{ node }, read(stats)])
  const eachUse = (read: (pool: NodeStats['reads']) => number): Row[] =>
    Object.entries(nodes).flatMap(([node, { reads, writes }]): Row[] => [
      [{ node, use: 'reads' }, read(reads)],
      [{ node, use: 'writes' }, read(writes)],
    ])
  return [
    gauge(
      'app_database_connections_in_use',
      'Connections at work.',
      eachUse(({ inUse }) => inUse),
    ),
    gauge(
      'app_database_waiting',
      'Units of work that wait for a connection.',
      eachUse(({ waiting }) => waiting),
    ),
    gauge(
      'app_database_primary',
      'Processes that take the node for the primary.',
      each(({ role }) => Number(role === 'primary')),
    ),
    highest(
      'app_database_lag_bytes',
      'What the node has not replayed.',
      each(({ lagBytes }) => lagBytes),
    ),
    highest(
      'app_database_lag_seconds',
      'How far the node is behind.',
      each(({ lagMs }) => lagMs / 1000),
    ),
  ]
}

const cacheMetrics = (stats: ReturnType<Cache['stats']>): Metric[] => [
  counter('app_cache_reads_total', 'What was asked of the cache, by outcome.', [
    [{ outcome: 'memory' }, stats.memoryHits],
    [{ outcome: 'shared' }, stats.sharedHits],
    [{ outcome: 'miss' }, stats.misses],
    [{ outcome: 'down' }, stats.down],
  ]),
  counter('app_cache_loads_total', 'Values loaded from the database.', [[{}, stats.loads]]),
  counter('app_cache_load_errors_total', 'Loads that failed.', [[{}, stats.loadErrors]]),
  counter('app_cache_early_refreshes_total', 'Values loaded anew before they expired.', [[{}, stats.earlyRefreshes]]),
  counter('app_cache_stale_total', 'Expired values that were served as loading failed.', [[{}, stats.staleServed]]),
  counter('app_cache_lease_timeouts_total', 'Waits for the load of another process that were given up.', [
    [{}, stats.leaseTimeouts],
  ]),
  counter('app_cache_stored_total', 'Loaded values by what became of them in Redis.', [
    [{ outcome: 'kept' }, stats.stored],
    [{ outcome: 'lost' }, stats.lost],
    [{ outcome: 'outdated' }, stats.outdated],
    [{ outcome: 'full' }, stats.full],
  ]),
  gauge('app_cache_circuit_open', 'Processes that leave Redis alone.', [[{}, Number(stats.circuit === 'open')]]),
  gauge('app_cache_loads_running', 'Loads under way.', [[{}, stats.loadsRunning]]),
  gauge('app_cache_loads_queued', 'Loads that wait for their turn.', [[{}, stats.loadsQueued]]),
  gauge('app_cache_invalidations_owed', 'Invalidations that Redis has not heard of.', [[{}, stats.owed]]),
  gauge('app_cache_memory_entries', 'Values in the memory of processes.', [[{}, stats.memoryEntries]]),
  gauge('app_cache_memory_bytes', 'Memory that they take.', [[{}, stats.memoryBytes]]),
]
