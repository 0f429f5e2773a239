/** Several runs of one request side by side, and what was saved between them. */
import { table, type Column } from '../terminal/table.ts'
import { truncate, visibleWidth } from '../terminal/text.ts'
import { cachedBy } from './cached-by.ts'
import { milliseconds, printable, responseDetails } from './describe.ts'
import { flow } from './flow.ts'
import { failureLines } from './footer.ts'
import { phaseNames, totalMs, type PhaseName } from './phases.ts'
import type { Series } from './repeat.ts'
import { savingsOf, type Saving } from './savings.ts'
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
    ...flow(
      [...responseDetails(last), ...traces[0].notes.map((note) => plainArrow(note, view))],
      width,
      separator(view),
    ),
    '',
    ...runTable(traces, view).map(fit),
    '',
    ...savedTable(savingsOf(traces), view).map(fit),
    ...failureLines(last, view),
  ]
}

const number = (title: string): Column => ({ title, align: 'right' })

/** With as much about who answered as the terminal has room for. */
const runTable = (traces: Series, view: View): string[] => {
  const tables = answers.map((answeredBy) => runTableWith(answeredBy, traces, view))
  const fitting = tables.find((lines) => Math.max(...lines.map(visibleWidth)) <= view.width)
  return fitting ?? tables.at(-1) ?? []
}

type AnsweredBy = (trace: Trace) => readonly string[]

const runTableWith = (answeredBy: AnsweredBy, traces: Series, { colours }: View): string[] =>
  table(
    [
      number('run'),
      { title: 'kind' },
      ...shown.map((name) => number(phaseLabels[name])),
      number('total ms'),
      { title: 'answered' },
    ],
    traces.map((trace, index) => [
      String(index + 1),
      trace.kind,
      ...shown.map((name) => cell(trace, name)),
      milliseconds(totalMs(trace.phases)),
      trace.failure === undefined ? answeredBy(trace).map(printable).join(' ') : 'failed',
    ]),
    { colours },
  )

/** A dot for what did not have to be done. */
const cell = ({ phases }: Trace, wanted: PhaseName): string => {
  const phase = phases.find(({ name }) => name === wanted)
  return phase === undefined ? '.' : milliseconds(phase.durationMs)
}

const descriptionOf = ({ serverTiming }: Trace, name: string): string[] =>
  serverTiming.filter((metric) => metric.name === name).flatMap(({ description }) => description ?? [])

/** A tier that had it in its cache, else what the application's said. */
const cacheAnswer = (trace: Trace): string[] => {
  const answered = cachedBy(trace)
  if (answered !== undefined) return [`cache hit at ${answered}`]
  return descriptionOf(trace, 'cache').map((outcome) => `cache ${outcome}`)
}

/** As short as it can be told from what the application's cache said: `edge hit`. */
const shortCacheAnswer = (trace: Trace): string[] => {
  const answered = cachedBy(trace)
  return answered === undefined ? cacheAnswer(trace) : [`${answered.replace('roundtrip-', '')} hit`]
}

/** Ever shorter: all instances from the edge inwards; what the data came from; what the cache said. */
const answers: readonly AnsweredBy[] = [
  (trace) => [...['edge', 'web', 'app', 'db'].flatMap((name) => descriptionOf(trace, name)), ...cacheAnswer(trace)],
  (trace) => [...descriptionOf(trace, 'db'), ...cacheAnswer(trace)],
  shortCacheAnswer,
]

const plainArrow = (text: string, { unicode }: View): string => (unicode ? text : text.replaceAll('→', '->'))

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
