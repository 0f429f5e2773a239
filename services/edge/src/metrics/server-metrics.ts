/** Figures of the public side: connections, handshakes, and what was refused before there was a request. */
import type { Http1Stats } from '@roundtrip/http1'
import { counter, gauge, rowsBy, type Metric, type Row } from '@roundtrip/metrics'
import type { Listeners } from '../listener/open-listeners.ts'

/** By listener. */
export type Http1Servers = ReadonlyMap<string, { readonly stats: () => Http1Stats }>

export const http1Metrics = (servers: Http1Servers): Metric[] => {
  const all = Array.from(servers, ([listener, server]) => ({ listener, ...server.stats() }))
  return [
    counter(
      'edge_http1_requests_total',
      'Requests over HTTP/1.1.',
      all.map(({ listener, requests }): Row => [{ listener }, requests]),
    ),
    counter(
      'edge_http1_refused_total',
      'Messages that were refused as they were read, by error.',
      all.flatMap(({ listener, refused }) =>
        rowsBy('code', refused).map(([labels, count]): Row => [{ listener, ...labels }, count]),
      ),
    ),
    counter(
      'edge_http1_stalled_total',
      'Connections whose client neither sent nor read in time.',
      all.map(({ listener, stalled }): Row => [{ listener }, stalled]),
    ),
  ]
}

/** By listener and protocol: what is open now. */
export const connectionMetrics = (listeners: Pick<Listeners, 'connections'>): Metric[] => {
  const sums = new Map<string, { labels: Row[0]; open: number; inFlight: number }>()
  for (const [listener, connections] of Object.entries(listeners.connections())) {
    for (const protocol of ['http/1.1', 'h2'])
      sums.set(`${listener} ${protocol}`, { labels: { listener, protocol }, open: 0, inFlight: 0 })
    for (const { protocol, inFlight } of connections) {
      const sum = sums.get(`${listener} ${protocol}`)
      if (sum === undefined) continue
      sum.open++
      sum.inFlight += inFlight
    }
  }
  const all = [...sums.values()]
  return [
    gauge(
      'edge_connections',
      'Connections that speak HTTP.',
      all.map(({ labels, open }): Row => [labels, open]),
    ),
    gauge(
      'edge_requests_in_flight',
      'Requests whose answer has not left.',
      all.map(({ labels, inFlight }): Row => [labels, inFlight]),
    ),
  ]
}

export const listenerMetrics = (listeners: Pick<Listeners, 'figures'>): Metric[] => {
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
      'edge_connections_early',
      'Connections in their PROXY header or handshake.',
      each(({ early }) => early),
    ),
    gauge(
      'edge_clients',
      'Different client addresses that are connected.',
      each(({ clients }) => clients),
    ),
    counter(
      'edge_connections_idle_closed_total',
      'Idle connections closed to make room.',
      each(({ idleClosed }) => idleClosed),
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
