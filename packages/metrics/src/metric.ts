/** Counters and gauges as rows of labels and values. */
import type { Metric, Sample } from './exposition.ts'

export type Row = readonly [labels: Sample['labels'], value: number]

const metric = (type: Metric['type'], name: string, help: string, rows: readonly Row[]): Metric => ({
  name,
  help,
  type,
  samples: rows.map(([labels, value]) => ({ labels, value })),
})

/** @param name ends in `_total` */
export const counter = (name: string, help: string, rows: readonly Row[]): Metric => metric('counter', name, help, rows)

export const gauge = (name: string, help: string, rows: readonly Row[]): Metric => metric('gauge', name, help, rows)

/** A gauge of which not the sum tells something but the lowest value that a process has. */
export const lowest = (name: string, help: string, rows: readonly Row[]): Metric => ({
  ...gauge(name, help, rows),
  together: 'lowest',
})

/** Of which the highest value tells something. */
export const highest = (name: string, help: string, rows: readonly Row[]): Metric => ({
  ...gauge(name, help, rows),
  together: 'highest',
})

/** A row for each name in a record of counts. */
export const rowsBy = (label: string, counts: Readonly<Record<string, number>>): Row[] =>
  Object.entries(counts).map(([name, count]): Row => [{ [label]: name }, count])
