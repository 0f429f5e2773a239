/** Figures of clients that speak HTTP/2: what was refused, reset and ended, and why (RFC 9113 §5.4, §6.8, §10.5). */
import type { Http2Stats } from '@roundtrip/http2'
import { counter, gauge, rowsBy, type Metric, type Row } from '@roundtrip/metrics'

/** By listener. */
export type Http2Servers = ReadonlyMap<string, { readonly stats: () => Http2Stats }>

const counts: readonly (readonly [name: string, help: string, read: (stats: Http2Stats) => number])[] = [
  ['streams', 'Streams that clients have opened, also those that became no request.', ({ streams }) => streams],
  ['requests', 'Requests over HTTP/2.', ({ requests }) => requests],
  ['resets_received', 'Streams that clients have reset.', ({ resetsReceived }) => resetsReceived],
  ['stalled', 'Connections and responses whose client neither sent nor read in time.', ({ stalled }) => stalled],
]

type CountsBy = readonly [
  name: string,
  label: string,
  help: string,
  read: (stats: Http2Stats) => Readonly<Record<string, number>>,
]

const countsBy: readonly CountsBy[] = [
  ['refused', 'code', 'Requests that were refused as they were read, by error.', ({ refused }) => refused],
  [
    'resets_sent',
    'code',
    'Streams that were reset, by error; REFUSED_STREAM where too many were open at once.',
    ({ resetsSent }) => resetsSent,
  ],
  [
    'goaways',
    'code',
    'Connections told to end, by error; NO_ERROR where they were drained or idle.',
    ({ goaways }) => goaways,
  ],
  ['floods', 'kind', 'Connections ended because of a flood, by what was too much.', ({ floods }) => floods],
]

export const http2Metrics = (servers: Http2Servers): Metric[] => {
  const all = Array.from(servers, ([listener, server]) => ({ listener, stats: server.stats() }))
  return [
    ...counts.map(([name, help, read]) =>
      counter(
        `edge_http2_${name}_total`,
        help,
        all.map(({ listener, stats }): Row => [{ listener }, read(stats)]),
      ),
    ),
    ...countsBy.map(([name, label, help, read]) =>
      counter(
        `edge_http2_${name}_total`,
        help,
        all.flatMap(({ listener, stats }) =>
          rowsBy(label, read(stats)).map(([labels, count]): Row => [{ listener, ...labels }, count]),
        ),
      ),
    ),
    gauge(
      'edge_http2_table_bytes',
      'Memory of the HPACK tables of open connections.',
      all.map(({ listener, stats }): Row => [{ listener }, stats.tableBytes]),
    ),
  ]
}
