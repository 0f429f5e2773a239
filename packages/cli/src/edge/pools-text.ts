/** The members of each pool: who is given work, and why somebody is not. */
import type { Style } from '../terminal/colours.ts'
import { table } from '../terminal/table.ts'
import { age, duration } from '../terminal/units.ts'
import { numberOf, recordsOf, textOf, type AnyRecord, type Reading } from './records-text.ts'

const columns = [
  { title: 'MEMBER' },
  { title: 'STATE' },
  { title: 'FOR', align: 'right' },
  { title: 'SHARE', align: 'right' },
  { title: 'WEIGHT', align: 'right' },
  { title: 'BUSY', align: 'right' },
  { title: 'SENT', align: 'right' },
  { title: 'FAILED', align: 'right' },
  { title: 'LATENCY', align: 'right' },
  { title: 'WHY' },
] as const

const styles: Readonly<Record<string, Style>> = {
  healthy: 'green',
  draining: 'cyan',
  ejected: 'yellow',
  unhealthy: 'red',
}

/** @returns lines without newlines */
export const poolsText = (answer: unknown, io: Reading['io'], nowMs: number): string[] =>
  recordsOf(answer).flatMap((pool) => [
    `${io.colours.bold(textOf(pool['name']))}  ${figures(pool)}${warnings(pool, io)}`,
    ...table(
      columns,
      recordsOf(pool['members']).map((member) => memberCells(member, io, nowMs)),
      { colours: io.colours, indent: 2 },
    ),
  ])

const counted = (value: unknown, one: string, many: string): string =>
  `${numberOf(value)} ${numberOf(value) === 1 ? one : many}`

const figures = ({ requests, retries, hedges }: AnyRecord): string =>
  `${counted(requests, 'request', 'requests')}, ${counted(retries, 'retry', 'retries')}, ${counted(hedges, 'hedge', 'hedges')}`

const warnings = ({ isPanic, circuit }: AnyRecord, { colours }: Reading['io']): string => {
  const panic = isPanic === true ? ', panic: so few are healthy that others are used too' : ''
  const breaker = textOf(circuit) === 'closed' ? '' : `, circuit ${textOf(circuit)}`
  return breaker + panic === '' ? '' : colours.yellow(breaker + panic)
}

const memberCells = (member: AnyRecord, { colours }: Reading['io'], nowMs: number): string[] => {
  const { name, state, why, since, until, weight, sharePercent, inFlight, requests, failures, latencyMs } = member
  const word = textOf(state)
  const leftMs = Date.parse(textOf(until)) - nowMs
  return [
    textOf(name),
    colours[styles[word] ?? 'yellow'](word),
    age(nowMs - Date.parse(textOf(since))),
    `${Math.round(numberOf(sharePercent))} %`,
    String(numberOf(weight)),
    String(numberOf(inFlight)),
    String(numberOf(requests)),
    String(numberOf(failures)),
    numberOf(requests) === 0 ? '-' : duration(numberOf(latencyMs)),
    textOf(why) + (leftMs > 0 ? `, for another ${duration(leftMs)}` : ''),
  ]
}
