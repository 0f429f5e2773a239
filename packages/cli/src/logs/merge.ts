/** Lines of several logs in the order of their times. */
import { parseLogLine, type LogRecord } from './log-record.ts'

export interface Entry {
  readonly instance: string
  readonly line: string
  readonly record: LogRecord
}

/** Text without a time of its own (the rest of a stack trace) stays behind the record it follows. */
export const mergeByTime = (logs: readonly { instance: string; lines: readonly string[] }[]): Entry[] =>
  logs
    .flatMap(({ instance, lines }) => {
      let timeMs = Number.NEGATIVE_INFINITY
      return lines.map((line) => {
        const record = parseLogLine(line)
        timeMs = record.timeMs ?? timeMs
        return { timeMs, entry: { instance, line, record } }
      })
    })
    // Array.prototype.sort is stable, so lines of one millisecond keep the order of their log.
    .toSorted((a, b) => compare(a.timeMs, b.timeMs))
    .map(({ entry }) => entry)

// Not a subtraction: the difference of two infinities is not a number.
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0)
