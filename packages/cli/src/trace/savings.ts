/** What each thing that a client or a tier keeps has saved: cold times less warm ones. */
import { cachedBy } from './cached-by.ts'
import { totalMs, type PhaseName } from './phases.ts'
import { printable } from './describe.ts'
import type { Series } from './repeat.ts'
import type { Trace } from './trace.ts'

export interface Saving {
  readonly by: 'dns cache' | 'tls resumption' | 'keep-alive' | 'server' | 'altogether'
  /** Negative when the warm run was slower, as chance has it with very short times. */
  readonly savedMs: number
  readonly fromMs: number
  readonly toMs: number
  readonly note: string
}

const phaseMs = (trace: Trace, ...names: readonly PhaseName[]): number =>
  totalMs(trace.phases.filter(({ name }) => names.includes(name)))

/** The middle one of an odd number, else the mean of the two in the middle. */
export const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? 0
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? 0) + upper) / 2 : upper
}

/** Empty with fewer than two runs that succeeded. */
export const savingsOf = (traces: Series): Saving[] => {
  const [cold, ...rest] = traces
  const warm = rest.filter(({ failure }) => failure === undefined)
  if (cold.failure !== undefined || warm.length === 0) return []
  const resumed = warm.filter(({ tls }) => tls?.resumed === true)
  const cached = warm.filter(({ name }) => name?.source === 'cache')
  const kept = warm.filter(({ kind }) => kind === 'kept')
  const opened = warm.find(({ kind }) => kind === 'resumed') ?? cold
  return [
    ...saving('dns cache', cold, cached, ['name'], 'the name was known'),
    ...saving('tls resumption', cold, resumed, ['tls'], 'no certificate was sent or checked'),
    ...saving('keep-alive', opened, kept, ['connect', 'tls'], 'the connection was there'),
    ...saving('server', cold, warm, ['wait'], cacheNote(cold, warm)),
    ...saving('altogether', cold, kept.length > 0 ? kept : warm, undefined, ''),
  ]
}

const saving = (
  by: Saving['by'],
  before: Trace,
  after: readonly Trace[],
  names: readonly PhaseName[] | undefined,
  note: string,
): Saving[] => {
  if (after.length === 0) return []
  const measure = (trace: Trace): number => (names === undefined ? totalMs(trace.phases) : phaseMs(trace, ...names))
  const fromMs = measure(before)
  const toMs = median(after.map(measure))
  return [{ by, savedMs: fromMs - toMs, fromMs, toMs, note }]
}

/** What the application's cache said: `miss` first, `hit` afterwards. Or that of a tier before it, which answered alone. */
const cacheOutcome = (trace: Trace): string | undefined => {
  const answered = cachedBy(trace)
  return answered === undefined
    ? trace.serverTiming.find(({ name }) => name === 'cache')?.description
    : `hit at ${printable(answered)}`
}

const cacheNote = (cold: Trace, warm: readonly Trace[]): string => {
  const before = cacheOutcome(cold)
  const after = warm.map(cacheOutcome).findLast((outcome) => outcome !== undefined)
  if (after === undefined || before === after) return 'warm code, open connections'
  return before === undefined ? `cache ${after}` : `cache ${before}, then ${after}`
}
