/** A trace as JSON for machines: what was measured, what was reported, and how the two fit together. */
import { coverage, redirectOf } from './describe.ts'
import { totalMs } from './phases.ts'
import type { Series } from './repeat.ts'
import { savingsOf } from './savings.ts'
import { splitWait } from './tiers.ts'
import type { Trace } from './trace.ts'

/** Microseconds are as fine as the clock means anything. */
const rounded = (ms: number): number => Math.round(ms * 1000) / 1000

const roundedNumbers = (_key: string, value: unknown): unknown => (typeof value === 'number' ? rounded(value) : value)

export const traceToJson = (trace: Trace): object => {
  const { phases, response, failure, serverTiming, ...facts } = trace
  const wait = phases.find(({ name }) => name === 'wait')
  const redirect = redirectOf(trace)
  return {
    ok: failure === undefined,
    ...facts,
    totalMs: totalMs(phases),
    coveragePercent: coverage(trace),
    phases,
    ...(response !== undefined && { response: { ...response, fields: [...response.fields] } }),
    ...(redirect !== undefined && { redirect }),
    serverTiming,
    ...(wait !== undefined && { waitSplit: splitWait(serverTiming, wait) }),
    ...(failure !== undefined && { error: failure }),
  }
}

/** One request: its trace. Several: `{ ok, runs, saved }`. */
export const renderJson = (traces: Series): string => {
  const [first] = traces
  const runs = traces.map(traceToJson)
  const document =
    traces.length === 1
      ? runs[0]
      : {
          ok: traces.every(({ failure }) => failure === undefined),
          url: first.request.url,
          runs,
          saved: savingsOf(traces),
        }
  return JSON.stringify(document, roundedNumbers, 2)
}
