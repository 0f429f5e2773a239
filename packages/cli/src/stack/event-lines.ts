/** What happens in a running stack, as lines for people: crashes, restarts, recoveries, and logs that matter. */
import type { StackEvent } from '@roundtrip/stack'
import { tierOf } from '../instance-names.ts'
import { clockTime, formatRecord, type RecordStyle } from '../logs/format-record.ts'
import { isAtLeast, parseLogLine, type LogRecord } from '../logs/log-record.ts'
import { tierPaint, type Colours } from '../terminal/colours.ts'
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

type Exit = Extract<StackEvent, { type: 'exit' }>
type State = Extract<StackEvent, { type: 'state' }>
type Log = Extract<StackEvent, { type: 'log' }>

const exitText = ({ exit, expected }: Exit, colours: Colours): string | undefined => {
  if (expected) return undefined
  const how = exit.signal === null ? `with status ${String(exit.code)}` : `by ${exit.signal}`
  return colours.red(`ended ${how}`)
}

const stateText = ({ state, previous }: State, colours: Colours): string | undefined => {
  if (state === 'ready') return colours.green(previous === 'paused' ? 'resumed' : 'ready')
  if (state === 'paused' || state === 'stopped') return colours.yellow(state)
  // An exit or a backoff has its own line, which says more.
  return state === 'failed' ? colours.red('failed; it is not started again') : undefined
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
  const { colours, nameWidth, now } = style
  if (event.type === 'log') return logText(event, style)
  const told = (instance: string, text: string | undefined): string | undefined => {
    if (text === undefined) return undefined
    const name = tierPaint(colours, tierOf(instance))(padEnd(instance, nameWidth))
    return `${colours.dim(clockTime(now()))} ${name} ${text}`
  }
  switch (event.type) {
    case 'progress':
      return told('stack', event.message)
    case 'exit':
      return told(event.instance, exitText(event, colours))
    case 'backoff': {
      const text = `starts again in ${duration(event.delayMs)} (attempt ${event.attempt})`
      return told(event.instance, colours.yellow(text))
    }
    default:
      return told(event.instance, stateText(event, colours))
  }
}
