/** Several runs of one request side by side, and what was saved between them. */
import { table, type Column } from '../terminal/table.ts'
import { truncate } from '../terminal/text.ts'
import { milliseconds, printable, responseDetails } from './describe.ts'
import { failureLines } from './footer.ts'
import { phaseNames, totalMs, type PhaseName } from './phases.ts'
import type { Series } from './repeat.ts'
import { cacheOutcome, savingsOf, type Saving } from './savings.ts'
import type { Trace } from './trace.ts'
import { separator, type View } from './view.ts'
import { phaseLabels } from './waterfall-rows.ts'

const shown = phaseNames.filter((name) => name !== 'url')

/** @returns lines without newlines */
export const renderRepeat = (traces: Series, view: View): string[] => {
  const { colours, width } = view
  const last = traces.at(-1) ?? traces[0]
  const { method, url } = traces[0].request
  const fit = (line: string): string => truncate(line, width)
  return [
    fit(colours.bold(`${method} ${url}`)),
    fit([...responseDetails(last), ...traces[0].notes].join(separator(view))),
    '',
    ...runTable(traces, view).map(fit),
    '',
    ...savedTable(savingsOf(traces), view).map(fit),
    ...failureLines(last, view),
  ]
}

const number = (title: string): Column => ({ title, align: 'right' })

const runTable = (traces: Series, { colours }: View): string[] =>
  table(
    [
      number('run'),
      { title: 'kind' },
      ...shown.map((name) => number(phaseLabels[name])),
      number('total ms'),
      { title: 'answered by' },
    ],
    traces.map((trace, index) => [
      String(index + 1),
      trace.kind,
      ...shown.map((name) => cell(trace, name)),
      milliseconds(totalMs(trace.phases)),
      answeredBy(trace),
    ]),
    { colours },
  )

/** A dot for what did not have to be done. */
const cell = ({ phases }: Trace, wanted: PhaseName): string => {
  const phase = phases.find(({ name }) => name === wanted)
  return phase === undefined ? '.' : milliseconds(phase.durationMs)
}

/** The instances from the edge inwards, and what the cache said. */
const answeredBy = (trace: Trace): string => {
  if (trace.failure !== undefined) return 'failed'
  const named = trace.serverTiming.filter(({ name }) => name !== 'cache').toReversed()
  const cache = cacheOutcome(trace)
  return [...named.flatMap(({ description }) => description ?? []), ...(cache === undefined ? [] : [`cache ${cache}`])]
    .map(printable)
    .join(' ')
}

const savedTable = (savings: readonly Saving[], { colours, unicode }: View): string[] =>
  savings.length === 0
    ? []
    : table(
        [{ title: 'saved by' }, number('ms'), { title: '' }, { title: '' }],
        savings.map(({ by, savedMs, fromMs, toMs, note }) => [
          by,
          savedMs > 0 ? colours.green(milliseconds(savedMs)) : milliseconds(savedMs),
          `${milliseconds(fromMs)} ${unicode ? '→' : '->'} ${milliseconds(toMs)}`,
          note,
        ]),
        { colours },
      )
