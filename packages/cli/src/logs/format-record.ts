/** A log record as one line for people: time, instance, level, message, facts. */
import type { Colours, Style } from '../terminal/colours.ts'
import { tierPaint } from '../terminal/colours.ts'
import { padEnd, printable } from '../terminal/text.ts'
import type { Level, LogRecord } from './log-record.ts'

export interface RecordStyle {
  readonly colours: Colours
  /** Columns for the name of the instance, so that messages stand below each other. */
  readonly nameWidth: number
  readonly tierOf: (instance: string) => string
}

const levelStyle: Readonly<Record<Level, Style>> = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' }

const digits = (value: number, count: number): string => String(value).padStart(count, '0')

/** `09:08:07.123`, local time. */
export const clockTime = (timeMs: number): string => {
  const at = new Date(timeMs)
  const [hours, minutes, seconds] = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => digits(part, 2))
  return `${hours}:${minutes}:${seconds}.${digits(at.getMilliseconds(), 3)}`
}

const shortest = (value: number): string => String(Math.round(value * 10) / 10)

const text = (value: unknown): string => {
  if (typeof value === 'string') return /[\s"=]/.test(value) || value === '' ? JSON.stringify(value) : value
  if (typeof value === 'number') return shortest(value)
  return JSON.stringify(value) ?? String(value)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An error is the first line of its message here; the rest and its stack stay in the file. */
const errorText = (error: unknown): string => {
  if (!isRecord(error)) return text(error)
  const { code, message } = error
  return (
    [code, message]
      .filter((part) => typeof part === 'string')
      .join(': ')
      .split('\n', 1)[0] ?? ''
  )
}

const factText = ([name, value]: readonly [string, unknown]): string => {
  if (name === 'error' || name === 'err') return `error=${JSON.stringify(errorText(value))}`
  if (!isRecord(value)) return `${name}=${text(value)}`
  return Object.entries(value)
    .map(([key, inner]) => `${name}.${key}=${text(inner)}`)
    .join(' ')
}

/** The access log's line reads as people write requests down: `GET /api/users 200 3.2 ms`. */
const requestText = ({ method, path, target, url, status, durationMs }: LogRecord['facts']): string | undefined => {
  const where = path ?? target ?? url
  if (typeof method !== 'string' || typeof where !== 'string') return undefined
  const took = typeof durationMs === 'number' ? `${shortest(durationMs)} ms` : undefined
  const code = typeof status === 'number' ? String(status) : undefined
  return [method, where, code, took].filter((part) => part !== undefined).join(' ')
}

const requestFacts = new Set(['method', 'path', 'target', 'url', 'status', 'durationMs'])

/** True of nearly every request, or of use only to somebody who looks at one of them: those stay in the file. */
const detailFacts = new Set([
  'route',
  'requestId',
  'client',
  'scheme',
  'authority',
  'httpVersion',
  'tls',
  'userAgent',
  'contentLength',
  'bodyBytes',
  'firstByteMs',
])

const isUnremarkable = ([name, value]: readonly [string, unknown]): boolean =>
  detailFacts.has(name) ||
  requestFacts.has(name) ||
  (name === 'attempts' && value === 1) ||
  (name === 'outcome' && value === 'complete')

/** @returns one line without its newline; control characters of the message are made harmless */
export const formatRecord = (instance: string, record: LogRecord, style: RecordStyle): string => {
  const { colours, nameWidth, tierOf } = style
  const request = requestText(record.facts)
  const facts = Object.entries(record.facts)
    .filter((fact) => fact[1] !== undefined && !(request !== undefined && isUnremarkable(fact)))
    .map(factText)
    .join(' ')
  const time = record.timeMs === undefined ? ' '.repeat('00:00:00.000'.length) : clockTime(record.timeMs)
  const paintLevel = colours[levelStyle[record.level]]
  const plain = printable(record.message)
  const message = record.level === 'error' ? colours.red(plain) : plain
  return [
    colours.dim(time),
    tierPaint(colours, tierOf(instance))(padEnd(instance, nameWidth)),
    paintLevel(padEnd(record.level, 'error'.length)),
    // The access log's own message is the beginning of the same sentence.
    plain === '' || request?.startsWith(plain) === true ? undefined : message,
    request === undefined ? undefined : colours.bold(printable(request)),
    facts === '' ? undefined : colours.dim(printable(facts)),
  ]
    .filter((part) => part !== undefined)
    .join(' ')
}
