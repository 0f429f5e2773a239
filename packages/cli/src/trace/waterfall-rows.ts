/** The rows of a waterfall: the phases as the client measured them, the wait split by what the tiers reported. */
import { detailsOf, milliseconds, printable, tierDetails } from './describe.ts'
import type { Phase, PhaseName } from './phases.ts'
import { splitWait, type TierSpan, type WaitSplit, type Window } from './tiers.ts'
import type { Trace } from './trace.ts'

export interface Row {
  /** Indented by how deep the row lies in another. */
  readonly label: string
  readonly ms: number | undefined
  /** Absent when nobody knows where the time lies. */
  readonly span?: Window
  /** What of the span belongs to rows below. */
  readonly inner: readonly Window[]
  /** Pieces that a layout may break between. */
  readonly details: readonly string[]
  /** Whose colour it has: a tier of the stack. */
  readonly tier: string | undefined
  readonly failed: boolean
}

export const phaseLabels: Readonly<Record<PhaseName, string>> = {
  url: 'url',
  name: 'name',
  connect: 'tcp',
  tls: 'tls',
  request: 'request',
  wait: 'wait',
  transfer: 'transfer',
}

/** Metrics of unknown servers beyond this many are left out; `--json` has them all. */
const maxOthers = 6

export const rowsOf = (trace: Trace): Row[] =>
  trace.phases.flatMap((phase) => {
    const failed = trace.failure?.phase === phase.name
    if (phase.name !== 'wait' || failed) return [phaseRow(phase, trace, failed)]
    const split = splitWait(trace.serverTiming, phase)
    const outermost = split.spans.filter(({ depth }) => depth === 0)
    return [phaseRow(phase, trace, failed), ...networkRow(phase, split, outermost), ...insideRows(split)]
  })

const phaseRow = (phase: Phase, trace: Trace, failed: boolean): Row => ({
  label: phaseLabels[phase.name],
  ms: phase.durationMs,
  span: phase,
  inner: [],
  details: detailsOf(phase.name, trace),
  tier: phase.name === 'name' ? 'dns' : undefined,
  failed,
})

const networkRow = (wait: Window, { networkMs, spans }: WaitSplit, outermost: readonly TierSpan[]): Row[] =>
  spans.length === 0
    ? []
    : [
        {
          label: ' network',
          ms: networkMs,
          span: wait,
          inner: outermost,
          details: [`there and back to ${outermost[0]?.name ?? 'the server'}`],
          tier: undefined,
          failed: false,
        },
      ]

const insideRows = ({ spans, others }: WaitSplit): Row[] => [
  ...spans.map((span, index): Row => {
    const inner = innerOf(spans, index)
    return {
      label: ' '.repeat(span.depth + 1) + span.name,
      ms: span.durationMs,
      span,
      inner,
      details: tierDetails(span, inner.length > 0),
      tier: tierOf(span.name),
      failed: false,
    }
  }),
  ...others.slice(0, maxOthers).map(({ name, durationMs, description }): Row => ({
    label: ` ${printable(name)}`,
    ms: durationMs,
    inner: [],
    details: [...(description === undefined ? [] : [printable(description)]), 'as the server reports'],
    tier: undefined,
    failed: false,
  })),
]

/** The spans directly below the one at the index, which the list has in pre-order. */
const innerOf = (spans: readonly TierSpan[], index: number): TierSpan[] => {
  const depth = spans[index]?.depth ?? 0
  const rest = spans.slice(index + 1)
  const end = rest.findIndex((other) => other.depth <= depth)
  return (end === -1 ? rest : rest.slice(0, end)).filter((other) => other.depth === depth + 1)
}

const tierOf = (name: string): string => (name === 'cache' || name === 'db' ? 'data' : name)

export const msCell = (ms: number | undefined): string => (ms === undefined ? '' : milliseconds(ms))
