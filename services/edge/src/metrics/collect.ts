/** All figures of one worker process, in one list. */
import type { StoreStats } from '@roundtrip/http-cache'
import { addUp, counter, gauge, processMetrics, rowsBy, type Metric } from '@roundtrip/metrics'
import type { Listeners } from '../listener/open-listeners.ts'
import type { PurgeRelay } from '../purge/purge-relay.ts'
import type { EdgeRuntime } from '../runtime/edge-runtime.ts'
import { certificateMetrics } from './certificate-metrics.ts'
import { http2Metrics, type Http2Servers } from './http2-metrics.ts'
import { connectionMetrics, http1Metrics, listenerMetrics, type Http1Servers } from './server-metrics.ts'
import { upstreamMetrics } from './upstream-metrics.ts'

export interface Measured {
  readonly runtime: EdgeRuntime
  readonly listeners: Pick<Listeners, 'certificates' | 'connections' | 'figures'>
  readonly http1: Http1Servers
  readonly http2: Http2Servers
  readonly purges: Pick<PurgeRelay, 'isConnected' | 'waiting'>
}

export const collectMetrics = ({ runtime, listeners, http1, http2, purges }: Measured): Metric[] => [
  // Routes share the names of their metrics.
  ...addUp([...runtime.figures].map((figures) => figures.metrics)),
  ...upstreamMetrics(runtime.servedPools),
  ...cacheMetrics(runtime.store.stats()),
  ...purgeMetrics(purges),
  ...limitMetrics(runtime),
  ...listenerMetrics(listeners),
  ...connectionMetrics(listeners),
  ...certificateMetrics(listeners.certificates()),
  ...http1Metrics(http1),
  ...http2Metrics(http2),
  ...processMetrics('edge'),
]

const cacheMetrics = (stats: StoreStats): Metric[] => [
  counter('edge_cache_hits_total', 'Requests answered from the cache.', [
    [{ state: 'fresh' }, stats.hits],
    [{ state: 'stale' }, stats.staleHits],
  ]),
  counter('edge_cache_misses_total', 'Requests that went on, by reason.', rowsBy('reason', stats.misses)),
  counter('edge_cache_stored_total', 'Responses stored.', [[{}, stats.stored]]),
  counter(
    'edge_cache_not_stored_total',
    'Responses that were not stored, by reason.',
    rowsBy('reason', stats.notStored),
  ),
  counter('edge_cache_evictions_total', 'Responses that made room for others.', [[{}, stats.evictions]]),
  counter('edge_cache_purged_total', 'Responses that were purged.', [[{}, stats.purged]]),
  counter('edge_cache_collapsed_total', 'Requests that took the answer to another.', [[{}, stats.collapsed]]),
  gauge('edge_cache_objects', 'Responses in the store.', [[{}, stats.objects]]),
  gauge('edge_cache_bytes', 'Memory and disk that they take.', [
    [{ level: 'memory' }, stats.bytes],
    [{ level: 'recording' }, stats.recordingBytes],
    [{ level: 'disk' }, stats.diskBytes],
  ]),
  gauge('edge_cache_max_bytes', 'Memory that they may take.', [[{}, stats.maxBytes]]),
]

const purgeMetrics = ({ isConnected, waiting }: Measured['purges']): Metric[] =>
  isConnected === undefined
    ? []
    : [
        gauge('edge_purges_connected', 'Workers that hear the purges of other edges.', [[{}, Number(isConnected)]]),
        gauge('edge_purges_waiting', 'Purges that the other edges have not been told.', [[{}, waiting]]),
      ]

const limitMetrics = ({ shedder, limiter }: EdgeRuntime): Metric[] => {
  const load = shedder.status()
  const limits = limiter.status()
  return [
    gauge('edge_concurrency_limit', 'Requests that may wait for an answer at once.', [[{}, load.limit]]),
    gauge('edge_waiting_requests', 'Requests without an answer yet.', [[{}, load.waiting]]),
    gauge('edge_loop_delay_seconds', 'How late the event loop is, added up over workers.', [
      [{}, load.loopDelayMs / 1000],
    ]),
    counter(
      'edge_shed_total',
      'Requests refused because there was too much to do, by priority.',
      rowsBy('priority', load.shed),
    ),
    counter('edge_rate_limited_total', 'Requests beyond a rate limit.', [[{}, limits.denied]]),
    counter('edge_rate_limit_fallbacks_total', 'Decisions without the shared counts.', [[{}, limits.fallbacks]]),
  ]
}
