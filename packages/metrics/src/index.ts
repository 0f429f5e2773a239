/** @packageDocumentation Counters, gauges and histograms, added up over processes and told as Prometheus reads them. */
export { addUp, expose, expositionType, type Metric, type Sample } from './exposition.ts'
export { Histogram, latencyBoundsMs } from './histogram.ts'
export { counter, gauge, highest, lowest, rowsBy, type Row } from './metric.ts'
export { processMetrics } from './process-metrics.ts'
export { RouteFigures } from './route-figures.ts'
