import type { StackEvent } from '@roundtrip/stack'
import { describe, expect, it } from 'vitest'
import { coloursFor } from '../terminal/colours.ts'
import { eventLine } from './event-lines.ts'

const now = (): number => new Date(2026, 10, 21, 9, 8, 7, 45).getTime()
const line = (event: StackEvent, verbose = false): string | undefined =>
  eventLine(event, { colours: coloursFor(false), nameWidth: 5, verbose, now })
const exit = { code: null, signal: 'SIGKILL', at: '' } as const

const logged = (text: string, stream: 'stdout' | 'stderr' = 'stdout'): StackEvent => ({
  type: 'log',
  instance: 'web-1',
  stream,
  line: text,
})

describe('eventLine', () => {
  it.each<[StackEvent, string | undefined]>([
    [{ type: 'exit', instance: 'web-1', exit, expected: false }, '09:08:07.045 web-1 ended by SIGKILL'],
    [
      { type: 'exit', instance: 'web-1', exit: { ...exit, code: 1, signal: null }, expected: false },
      '09:08:07.045 web-1 ended with status 1',
    ],
    [{ type: 'exit', instance: 'web-1', exit, expected: true }, undefined],
    [
      { type: 'backoff', instance: 'web-1', attempt: 2, delayMs: 500 },
      '09:08:07.045 web-1 starts again in 500 ms (attempt 2)',
    ],
    [{ type: 'state', instance: 'web-1', state: 'ready', previous: 'starting', pid: 1 }, '09:08:07.045 web-1 ready'],
    [{ type: 'state', instance: 'web-1', state: 'ready', previous: 'paused', pid: 1 }, '09:08:07.045 web-1 resumed'],
    [{ type: 'state', instance: 'web-1', state: 'starting', previous: 'backoff', pid: 1 }, undefined],
    [{ type: 'progress', message: 'Cloning' }, '09:08:07.045 stack Cloning'],
  ])('%j', (event, expected) => {
    expect(line(event)).toBe(expected)
  })

  it('shows warnings and errors, everything when verbose, and never an empty line', () => {
    expect(line(logged('{"level":"info","message":"hello"}'))).toBeUndefined()
    expect(line(logged('{"level":"info","message":"hello"}'), true)).toBe('09:08:07.045 web-1 info  hello')
    expect(line(logged('{"level":"error","message":"bad"}'))).toBe('09:08:07.045 web-1 error bad')
    expect(line(logged(''), true)).toBeUndefined()
  })

  it('takes plain text on standard error for a warning, but not what has a level of its own', () => {
    expect(line(logged('cannot start', 'stderr'))).toBe('09:08:07.045 web-1 warn  cannot start')
    expect(line(logged('2026-11-21 09:08:07.123 UTC [42] LOG:  checkpoint', 'stderr'))).toBeUndefined()
  })
})
