/** The form in which traces are printed: a waterfall, a comparison, a diagram, or JSON. */
import { RoundtripError } from '@roundtrip/errors'
import { printable } from './describe.ts'
import { renderJson } from './render-json.ts'
import { renderMermaid } from './render-mermaid.ts'
import { renderRepeat } from './render-repeat.ts'
import { renderWaterfall } from './render-waterfall.ts'
import type { Series } from './repeat.ts'
import type { Trace } from './trace.ts'
import type { View } from './view.ts'

export interface OutputOptions {
  readonly json?: boolean | undefined
  readonly mermaid?: boolean | undefined
  readonly include?: boolean | undefined
  readonly repeat?: string | undefined
}

/** @throws RoundtripError `USAGE` for forms that exclude each other */
export const checkOutput = ({ json, mermaid, repeat }: OutputOptions): void => {
  if (json === true && mermaid === true) throw new RoundtripError('USAGE', '--json and --mermaid exclude each other.')
  if (mermaid === true && repeat !== undefined) {
    throw new RoundtripError('USAGE', '--mermaid draws one request: leave --repeat out.')
  }
}

/** The text to print, newlines included. */
export const output = (traces: Series, { json, mermaid, include }: OutputOptions, view: View): string => {
  const [first] = traces
  if (json === true) return `${renderJson(traces)}\n`
  const lines = mermaid === true ? renderMermaid(first) : shown(traces, view)
  const last = traces.at(-1) ?? first
  return [...lines, ...(include === true ? ['', ...fieldLines(last, view)] : []), ''].join('\n')
}

const shown = (traces: Series, view: View): string[] =>
  traces.length === 1 ? renderWaterfall(traces[0], view) : renderRepeat(traces, view)

const fieldLines = ({ response }: Trace, { colours }: View): string[] =>
  response === undefined
    ? []
    : [...response.fields].map(([name, value]) => `${colours.dim(`${name}:`)} ${printable(value)}`)
