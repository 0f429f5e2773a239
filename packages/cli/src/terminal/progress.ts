/** Progress of several things at once: a list that updates in place on a terminal, plain lines elsewhere. */
import type { Writable } from 'node:stream'
import { truncate } from './text.ts'

export interface Progress {
  /** Adds or replaces the line of one thing. Off a terminal the line is printed when it is new. */
  set(key: string, line: string): void
  /** Moves a line to the end of the list. Off a terminal nothing happens. */
  last(key: string): void
  /** Prints a line that stays, above the list. */
  note(line: string): void
  /** Leaves the list as it stands; later lines go below it. */
  finish(): void
  /** Takes the list away from the terminal. */
  clear(): void
}

export interface ProgressOptions {
  readonly stream: Writable
  readonly isTty: boolean
  /** Asked at each drawing, since a window may change its size. */
  readonly width: () => number
}

const cursorUp = (lines: number): string => (lines === 0 ? '' : `\u{1b}[${lines}A`)
const eraseBelow = '\r\u{1b}[0J'

const plainProgress = (stream: Writable): Progress => {
  const last = new Map<string, string>()
  return {
    set(key, line) {
      if (last.get(key) === line) return
      last.set(key, line)
      stream.write(`${line}\n`)
    },
    last: () => undefined,
    note: (line) => void stream.write(`${line}\n`),
    finish: () => undefined,
    clear: () => undefined,
  }
}

export const createProgress = ({ stream, isTty, width }: ProgressOptions): Progress => {
  if (!isTty) return plainProgress(stream)
  const lines = new Map<string, string>()
  let drawn = 0
  const erase = (): string => cursorUp(drawn) + eraseBelow
  const draw = (before: string): void => {
    // A line that wraps would break the count of lines to go up.
    const columns = Math.max(20, width() - 1)
    const list = [...lines.values()].map((line) => `${truncate(line, columns)}\n`)
    stream.write(`${drawn === 0 ? '' : erase()}${before}${list.join('')}`)
    drawn = list.length
  }
  return {
    set(key, line) {
      if (lines.get(key) === line) return
      lines.set(key, line)
      draw('')
    },
    last(key) {
      const line = lines.get(key)
      if (line === undefined || [...lines.keys()].at(-1) === key) return
      lines.delete(key)
      lines.set(key, line)
      draw('')
    },
    note: (line) => draw(`${line}\n`),
    finish() {
      lines.clear()
      drawn = 0
    },
    clear() {
      if (drawn > 0) stream.write(erase())
      lines.clear()
      drawn = 0
    },
  }
}
