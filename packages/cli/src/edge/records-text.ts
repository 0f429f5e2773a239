/** Records as people read them: lists of flat ones as tables, others as lines, deeper ones below their name. */
import type { Io } from '../command.ts'
import { table } from '../terminal/table.ts'
import { printable } from '../terminal/text.ts'
import { duration, size } from '../terminal/units.ts'

export type AnyRecord = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is AnyRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The records of a list; none of anything else. */
export const recordsOf = (value: unknown): AnyRecord[] => (Array.isArray(value) ? value.filter(isRecord) : [])

export const textOf = (value: unknown): string => (typeof value === 'string' ? printable(value) : '')
export const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)

export interface Reading {
  /** Whether `…Ms` and `…Bytes` are shown with the unit that suits them, or as they are written in a file. */
  readonly withUnits: boolean
  readonly io: Pick<Io, 'colours'>
}

const unitOf = (key: string): 'ms' | 'bytes' | undefined =>
  /(?:^ms|Ms)$/.test(key) ? 'ms' : /(?:^bytes|Bytes)$/.test(key) ? 'bytes' : undefined

/** `ageMs` as `age`, `inFlight` as `in flight`. */
const nameOf = (key: string, { withUnits }: Reading): string =>
  withUnits ? key.replace(/(?<=.)(?:Ms|Bytes)$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) : key

/** A hyphen where there is nothing to say. What an edge repeats of its clients must not steer this terminal. */
const cell = (key: string, value: unknown, reading: Reading): string => {
  if (value === undefined || value === null || value === '') return '-'
  if (typeof value === 'number') return numberText(key, value, reading)
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map((one) => cell(key, one, reading)).join(' ')
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([name, member]) => `${printable(name)}=${cell(name, member, reading)}`)
    return entries.length === 0 ? '-' : entries.join(' ')
  }
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
}

const numberText = (key: string, value: number, { withUnits }: Reading): string => {
  const unit = withUnits ? unitOf(key) : undefined
  if (unit === 'ms') return duration(value)
  if (unit === 'bytes') return size(value)
  return String(Number.isInteger(value) ? value : Math.round(value * 100) / 100)
}

const isNested = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : isRecord(value) && Object.keys(value).length > 0

/** @returns lines without newlines */
export const recordLines = (value: unknown, reading: Reading, indent = 0): string[] => {
  const space = ' '.repeat(indent)
  if (Array.isArray(value)) {
    const rows = recordsOf(value)
    if (rows.length < value.length) return value.map((item) => `${space}- ${cell('', item, reading)}`)
    return rows.some((row) => Object.values(row).some(isNested))
      ? rows.flatMap((row) => listItem(recordLines(row, reading, indent + 2), indent))
      : recordTable(rows, reading, indent)
  }
  if (!isRecord(value)) return [space + cell('', value, reading)]
  const names = Object.keys(value).map((key) => printable(nameOf(key, reading)))
  const width = Math.max(0, ...names.map((name) => name.length))
  return Object.entries(value).flatMap(([key, member], index) => {
    const name = names[index] ?? ''
    return isNested(member)
      ? [space + reading.io.colours.dim(name), ...recordLines(member, reading, indent + 2)]
      : [`${space}${reading.io.colours.dim(name.padEnd(width))}  ${cell(key, member, reading)}`]
  })
}

/** The mark of a list's item stands before its first line. */
const listItem = ([first = '', ...rest]: readonly string[], indent: number): string[] => [
  `${' '.repeat(indent)}- ${first.slice(indent + 2)}`,
  ...rest,
]

/** Columns are all keys there are, in the order in which they first come. */
export const recordTable = (rows: readonly AnyRecord[], reading: Reading, indent = 0): string[] => {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  if (keys.length === 0) return []
  const columns = keys.map((key) => ({
    title: reading.withUnits ? printable(nameOf(key, reading)).toUpperCase() : printable(key),
    align: rows.some((row) => typeof row[key] === 'number') ? ('right' as const) : ('left' as const),
  }))
  return table(
    columns,
    rows.map((row) => keys.map((key) => cell(key, row[key], reading))),
    { colours: reading.io.colours, indent },
  )
}
