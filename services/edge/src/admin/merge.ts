/** One picture out of what several worker processes say of themselves. */
import type { PoolStatus } from '@roundtrip/upstream'
import type { CertificateRow } from './topics.ts'

type Figures = Readonly<Record<string, unknown>>

const isFigures = (value: unknown): value is Figures =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Numbers are added up, on every level; of anything else the first stands. */
export const addFigures = <T extends object>(all: readonly T[]): T | undefined => {
  const [first, ...others] = all
  return first === undefined ? undefined : others.reduce((sum, one) => add(sum, one) as T, first)
}

const add = (a: unknown, b: unknown): unknown => {
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (!isFigures(a) || !isFigures(b)) return a ?? b
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return Object.fromEntries([...keys].map((key) => [key, add(a[key], b[key])]))
}

export interface MemberRow {
  readonly name: string
  readonly state: string
  readonly why: string
  /** ISO 8601. */
  readonly since: string
  readonly until: string | undefined
  readonly weight: number
  readonly sharePercent: number
  readonly inFlight: number
  readonly requests: number
  readonly failures: number
  readonly latencyMs: number
}

export interface PoolRow {
  readonly name: string
  readonly isPanic: boolean
  readonly circuit: string
  readonly requests: number
  readonly retries: number
  readonly hedges: number
  readonly members: readonly MemberRow[]
}

type Member = PoolStatus['members'][number]

const sumOf = (members: readonly Member[], read: (member: Member) => number): number =>
  members.reduce((sum, member) => sum + read(member), 0)

const failuresOf = ({ counters }: Member): number =>
  counters.responses5xx + Object.values(counters.failures).reduce((sum, count) => sum + count, 0)

const isoOf = (ms: number): string => new Date(ms).toISOString()

/** Where workers differ about a member, that is said, with the reason of one that would not use it: rather of one where that will end. */
const memberRow = (name: string, views: readonly Member[]): MemberRow => {
  const states = [...new Set(views.map(({ state }) => state))]
  const out = views.filter(({ state }) => state !== 'healthy')
  const telling = out.find(({ until }) => until !== undefined) ?? out[0] ?? views[0]
  const counted = states.map((state) => `${state} in ${views.filter((view) => view.state === state).length}`)
  return {
    name,
    state: states.length === 1 ? (states[0] ?? '') : counted.join(', '),
    why: telling?.reason ?? '',
    since: isoOf(telling?.since ?? 0),
    until: telling?.until === undefined ? undefined : isoOf(telling.until),
    weight: telling?.weight ?? 0,
    sharePercent: (100 * sumOf(views, ({ share }) => share)) / views.length,
    inFlight: sumOf(views, ({ inFlight }) => inFlight),
    requests: sumOf(views, ({ counters }) => counters.requests),
    failures: sumOf(views, failuresOf),
    latencyMs: sumOf(views, ({ latencyMs }) => latencyMs) / views.length,
  }
}

const byName = <T extends { readonly name: string }>(all: readonly T[]): Map<string, T[]> =>
  Map.groupBy(all, ({ name }) => name)

/** @param views of all workers */
export const mergePools = (views: readonly (readonly PoolStatus[])[]): PoolRow[] =>
  [...byName(views.flat())].map(([name, pools]) => ({
    name,
    isPanic: pools.some(({ isPanic }) => isPanic),
    circuit: pools.find(({ circuit }) => circuit !== 'closed')?.circuit ?? 'closed',
    requests: pools.reduce((sum, { counters }) => sum + counters.requests, 0),
    retries: pools.reduce((sum, { counters }) => sum + counters.retries, 0),
    hedges: pools.reduce((sum, { counters }) => sum + counters.hedges, 0),
    members: [...byName(pools.flatMap(({ members }) => members))].map(([member, seen]) => memberRow(member, seen)),
  }))

/** Each certificate once, with how many workers show it: those that could not read new files still show the old. */
export const mergeCertificates = (views: readonly (readonly CertificateRow[])[]): object[] =>
  [...Map.groupBy(views.flat(), ({ fingerprint }) => fingerprint).values()].map((same) => ({
    ...same[0],
    workers: same.length,
  }))
