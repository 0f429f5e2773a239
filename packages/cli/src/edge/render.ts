/** What an edge answers, as people read it: lists of records as tables, records as lines, text as it is. */
import type { Io } from '../command.ts'
import { table } from '../terminal/table.ts'

type Record_ = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Record_ =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @param verb what was asked @returns lines, each ended */
export const render = (verb: string, answer: unknown, io: Io): string => {
  if (typeof answer === 'string') return answer.endsWith('\n') ? answer : `${answer}\n`
  const text = verb === 'pools' && Array.isArray(answer) ? pools(answer.filter(isRecord), io) : lines(answer, io, 0)
  return text.length === 0 ? `${io.colours.dim('nothing')}\n` : `${text.join('\n')}\n`
}

/** A table of members for each pool, below what is said of the pool as a whole. */
const pools = (answer: readonly Record_[], io: Io): string[] =>
  answer.flatMap(({ name, members, ...rest }) => [
    `${io.colours.bold(String(name))}${brief(rest)}`,
    ...records(Array.isArray(members) ? members.filter(isRecord) : [], io, 2),
  ])

const brief = (record: Record_): string => {
  const scalars = Object.entries(record).filter(([, value]) => !isRecord(value) && !Array.isArray(value))
  return scalars.length === 0 ? '' : `  ${scalars.map(([key, value]) => `${key} ${cell(value)}`).join(', ')}`
}

const lines = (value: unknown, io: Io, indent: number): string[] => {
  const space = ' '.repeat(indent)
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isRecord)) return records(value, io, indent)
    return value.map((item) => `${space}- ${cell(item)}`)
  }
  if (!isRecord(value)) return [space + cell(value)]
  const width = Math.max(0, ...Object.keys(value).map((key) => key.length))
  return Object.entries(value).flatMap(([key, member]) => {
    const isNested =
      (isRecord(member) && Object.keys(member).length > 0) || (Array.isArray(member) && member.length > 0)
    const name = io.colours.dim(isNested ? key : key.padEnd(width))
    return isNested ? [space + name, ...lines(member, io, indent + 2)] : [`${space}${name}  ${cell(member)}`]
  })
}

/** Columns are all keys there are, in the order in which they first come. */
const records = (rows: readonly Record_[], io: Io, indent: number): string[] => {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  if (keys.length === 0) return []
  const columns = keys.map((key) => ({
    title: key.toUpperCase(),
    align: rows.some((row) => typeof row[key] === 'number') ? ('right' as const) : ('left' as const),
  }))
  return table(
    columns,
    rows.map((row) => keys.map((key) => cell(row[key]))),
    { colours: io.colours, indent },
  )
}

const cell = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return '-'
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Math.round(value * 100) / 100)
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(cell).join(' ')
  if (isRecord(value))
    return Object.entries(value)
      .map(([key, member]) => `${key}=${cell(member)}`)
      .join(' ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
