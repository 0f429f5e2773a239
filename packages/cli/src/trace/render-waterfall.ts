/** A trace as a waterfall for the terminal: one row a step, its time, its place on the axis, what is known of it. */
import { tierPaint } from '../terminal/colours.ts'
import { padEnd, padStart, truncate, visibleWidth } from '../terminal/text.ts'
import { asciiGlyphs, bar, unicodeGlyphs } from './bar.ts'
import { coverage, milliseconds, redirectOf, responseDetails } from './describe.ts'
import { totalMs } from './phases.ts'
import { flow } from './flow.ts'
import { failureLines, footer } from './footer.ts'
import type { Trace } from './trace.ts'
import { separator, type View } from './view.ts'
import { msCell, rowsOf, type Row } from './waterfall-rows.ts'

interface Layout {
  readonly label: number
  readonly ms: number
  readonly bar: number
  readonly details: number
}

const gap = '  '

/** Room for the name of a cipher beside the protocol's, or a certificate's issuer and its days. */
const minDetails = 41

/** Below this the details would be a column of single words. */
const minWidth = 64

const layoutFor = (rows: readonly Row[], total: number, width: number): Layout => {
  const label = Math.min(16, Math.max(...rows.map((row) => visibleWidth(row.label)), 'transfer'.length))
  const ms = Math.max(6, milliseconds(total).length)
  const rest = Math.max(minWidth, width) - label - ms - gap.length * 3
  const barColumns = Math.max(12, Math.min(56, rest - minDetails, Math.floor(rest * 0.42)))
  return { label, ms, bar: barColumns, details: rest - barColumns }
}

/** @returns lines without newlines */
export const renderWaterfall = (trace: Trace, view: View): string[] => {
  const rows = rowsOf(trace)
  const total = totalMs(trace.phases)
  const layout = layoutFor(rows, total, view.width)
  return [
    ...header(trace, view),
    '',
    axis(total, layout, view),
    ...rows.flatMap((row) => renderRow(row, total, layout, view)),
    totalRow(trace, total, layout, view),
    '',
    ...failureLines(trace, view),
    ...footer(trace, redirectOf(trace), view),
  ]
}

const header = (trace: Trace, view: View): string[] => {
  const { colours } = view
  const { method, url } = trace.request
  const status = responseDetails(trace)
  const paint = (trace.response?.status ?? 0) < 400 ? colours.green : colours.red
  const [first = '', ...rest] = status
  return [
    truncate(colours.bold(`${method} ${url}`), view.width),
    ...(status.length === 0 ? [] : [truncate([paint(first), ...rest].join(separator(view)), view.width)]),
  ]
}

const axis = (total: number, layout: Layout, { colours }: View): string => {
  const end = `${milliseconds(total)} ms`
  const scale = `0${padStart(end, layout.bar - 1)}`
  return colours.dim(`${padEnd('step', layout.label)}${gap}${padStart('ms', layout.ms)}${gap}${scale}`)
}

const renderRow = (row: Row, total: number, layout: Layout, view: View): string[] => {
  const { colours, unicode } = view
  const paint = row.failed ? colours.red : tierPaint(colours, row.tier ?? '')
  const drawn =
    row.span === undefined
      ? ' '.repeat(layout.bar)
      : bar({
          columns: layout.bar,
          totalMs: total,
          span: row.span,
          inner: row.inner,
          glyphs: unicode ? unicodeGlyphs : asciiGlyphs,
        })
  const [first = '', ...rest] = flow(plainDetails(row.details, unicode), layout.details, separator(view))
  const label = padEnd(truncate(row.label, layout.label), layout.label)
  const indent = ' '.repeat(layout.label + layout.ms + layout.bar + gap.length * 3)
  return [
    `${paint(label)}${gap}${padStart(msCell(row.ms), layout.ms)}${gap}${paint(drawn)}${gap}${first}`.trimEnd(),
    ...rest.map((line) => indent + line),
  ]
}

const plainDetails = (details: readonly string[], unicode: boolean): readonly string[] =>
  unicode ? details : details.map((piece) => piece.replaceAll('→', '->'))

const totalRow = (trace: Trace, total: number, layout: Layout, view: View): string => {
  const sum = `${coverage(trace).toFixed(1)} % of ${milliseconds(trace.wallMs)} ms wall time`
  const line = `${padEnd('total', layout.label)}${gap}${padStart(milliseconds(total), layout.ms)}`
  return `${view.colours.bold(line)}${gap}${' '.repeat(layout.bar)}${gap}${view.colours.dim(sum)}`
}
