import { describe, expect, it } from 'vitest'
import { coloursFor } from '../terminal/colours.ts'
import { formatRecord } from './format-record.ts'
import type { LogRecord } from './log-record.ts'

const timeMs = new Date(2026, 10, 21, 9, 8, 7, 45).getTime()
const format = (record: Partial<LogRecord>, colours = coloursFor(false)): string =>
  formatRecord(
    'web-1',
    { timeMs, level: 'info', message: '', facts: {}, ...record },
    {
      colours,
      nameWidth: 6,
      tierOf: () => 'web',
    },
  )

describe('formatRecord', () => {
  it('puts time, instance, level and message in columns, facts behind them', () => {
    expect(format({ message: 'ready', facts: { port: 8101, checks: { app: 'ok' }, note: 'a b', list: [1] } })).toBe(
      '09:08:07.045 web-1  info  ready port=8101 checks.app=ok note="a b" list=[1]',
    )
  })

  it('reads an access log line as a request', () => {
    const facts = { method: 'GET', path: '/api/users', status: 200, durationMs: 3.26, traceId: 'abc', cache: 'hit' }
    const ordinary = { attempts: 1, outcome: 'complete', userAgent: 'curl', httpVersion: '2' }
    const shown = '09:08:07.045 web-1  info  GET /api/users 200 3.3 ms traceId=abc cache=hit'
    expect(format({ message: 'GET /api/users 200', facts: { ...facts, ...ordinary } })).toBe(shown)
    const remarkable = { attempts: 2, outcome: 'client went away' }
    expect(format({ message: 'GET /api/users 200', facts: { ...facts, ...remarkable } })).toBe(
      `${shown} attempts=2 outcome="client went away"`,
    )
  })

  it('shows an error by code and message, not by its stack', () => {
    const error = { type: 'Error', code: 'ECONNREFUSED', message: 'connect failed\nand more', stack: 'Error: …\n at x' }
    expect(format({ level: 'error', message: 'failed', facts: { error } })).toBe(
      '09:08:07.045 web-1  error failed error="ECONNREFUSED: connect failed"',
    )
  })

  it('keeps the columns for text without a time', () => {
    expect(format({ timeMs: undefined, message: 'at x' })).toBe('             web-1  info  at x')
  })

  it('lets nothing that was logged reach the terminal as a command', () => {
    const evil = '\u{1b}[2J\u{9b}1mx\n'
    const line = format({
      message: evil,
      facts: { method: 'GET', path: evil, userAgent: evil, [evil]: { [evil]: evil } },
    })
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
  })

  it('colours the level and an error’s message', () => {
    const on = coloursFor(true)
    expect(format({ level: 'error', message: 'bad' }, on)).toContain(on.red('bad'))
  })
})
