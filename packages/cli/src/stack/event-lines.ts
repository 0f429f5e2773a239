/** What happens in a running stack, as lines for people: crashes, restarts, recoveries, and logs that matter. */
import type { Exit, StackEvent } from '@roundtrip/stack'
import { tierOf } from '../instance-names.ts'
import { clockTime, formatRecord, type RecordStyle } from '../logs/format-record.ts'
import { isAtLeast, parseLogLine, type Level, type LogRecord } from '../logs/log-record.ts'
import { tierPaint, type Colours, type Style } from '../terminal/colours.ts'
import { padEnd } from '../terminal/text.ts'
import { duration } from '../terminal/units.ts'

export interface EventStyle {
  readonly colours: Colours
  readonly nameWidth: number
  /** Log lines of every level; otherwise warnings and errors. */
  readonly verbose: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

type Log = Extract<StackEvent, { type: 'log' }>
type Happening = Exclude<StackEvent, Log>

interface Told {
  readonly text: string
  readonly level: Level
  readonly style: Style
}

const told = (text: string, level: Level, style: Style): Told => ({ text, level, style })

const exitText = ({ code, signal }: Exit): string => `ended ${signal === null ? `with status ${code}` : `by ${signal}`}`

const stateTold = ({ state, previous }: Extract<StackEvent, { type: 'state' }>): Told | undefined => {
  if (state === 'ready') return told(previous === 'paused' ? 'resumed' : 'ready', 'info', 'green')
  if (state === 'paused' || state === 'stopped') return told(state, 'info', 'yellow')
  // An exit or a backoff has its own line, which says more.
  return state === 'failed' ? told('failed; it is not started again', 'error', 'red') : undefined
}

/** What an event says about its instance. @returns undefined for what need not be told */
export const eventTold = (event: Happening): Told | undefined => {
  switch (event.type) {
    case 'progress':
      return told(event.message, 'info', 'dim')
    case 'exit':
      return event.expected ? undefined : told(exitText(event.exit), 'error', 'red')
    case 'backoff':
      return told(`starts again in ${duration(event.delayMs)} (attempt ${event.attempt})`, 'warn', 'yellow')
    default:
      return stateTold(event)
  }
}

/** A program that writes plain text on standard error has something to say. */
const recordOf = ({ line, stream }: Log): LogRecord => {
  const record = parseLogLine(line)
  return stream === 'stderr' && record.timeMs === undefined ? { ...record, level: 'warn' } : record
}

const logText = (event: Log, { colours, nameWidth, verbose, now }: EventStyle): string | undefined => {
  const record = recordOf(event)
  if (record.message === '' && Object.keys(record.facts).length === 0) return undefined
  if (!verbose && !isAtLeast(record.level, 'warn')) return undefined
  const style: RecordStyle = { colours, nameWidth, tierOf }
  return formatRecord(event.instance, { ...record, timeMs: record.timeMs ?? now() }, style)
}

/** @returns undefined for what need not be told */
export const eventLine = (event: StackEvent, style: EventStyle): string | undefined => {
  if (event.type === 'log') return logText(event, style)
  const news = eventTold(event)
  if (news === undefined) return undefined
  const { colours, nameWidth, now } = style
  const instance = event.type === 'progress' ? 'stack' : event.instance
  const name = tierPaint(colours, tierOf(instance))(padEnd(instance, nameWidth))
  return `${colours.dim(clockTime(now()))} ${name} ${colours[news.style](news.text)}`
}
