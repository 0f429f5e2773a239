import { describe, expect, it } from 'vitest'
import { isAtLeast, parseLogLine } from './log-record.ts'

describe('parseLogLine', () => {
  it('reads our own JSON and drops what every line repeats', () => {
    const line =
      '{"level":"warn","time":"2026-11-21T09:08:07.123Z","pid":7,"service":"edge","instance":"edge-1","traceId":"abc","message":"slow"}'
    expect(parseLogLine(line)).toEqual({
      timeMs: Date.UTC(2026, 10, 21, 9, 8, 7, 123),
      level: 'warn',
      message: 'slow',
      facts: { traceId: 'abc' },
    })
    expect(parseLogLine('{"level":"fatal","message":"x"}').level).toBe('error')
  })

  it.each([
    ['2026-11-21 09:08:07.123 UTC [42] LOG:  checkpoint starting: time', 'info', 'checkpoint starting: time'],
    ['2026-11-21 09:08:07.123 UTC [42] app@roundtrip ERROR:  no such table', 'error', 'no such table'],
    ['2026-11-21 09:08:07.123 GMT [42] WARNING:  x', 'warn', 'x'],
    [
      '2026-11-21 09:08:07.123 UTC [42] FATAL:  terminating connection due to administrator command',
      'info',
      'terminating connection due to administrator command',
    ],
    [
      '2026-11-21 09:08:07.123 UTC [42] FATAL:  the database system is starting up',
      'error',
      'the database system is starting up',
    ],
    ['2026-11-21 09:08:07.123 UTC [42] DEBUG1:  x', 'debug', 'x'],
  ])('reads Postgres: %s', (line, level, message) => {
    expect(parseLogLine(line)).toEqual({ timeMs: Date.UTC(2026, 10, 21, 9, 8, 7, 123), level, message, facts: {} })
  })

  it.each([
    ['4711:M 21 Nov 2026 09:08:07.123 * Ready', 'info', 'Ready'],
    ['4711:M 21 Nov 2026 09:08:07.123 # Server initialized', 'info', 'Server initialized'],
    ['4711:M 21 Nov 2026 09:08:07.123 # WARNING Save may fail', 'info', 'WARNING Save may fail'],
    ['4711:M 21 Nov 2026 09:08:07.123 # Error writing to the AOF file', 'warn', 'Error writing to the AOF file'],
    ['4711:C 21 Nov 2026 09:08:07.123 . Ready', 'debug', 'Ready'],
  ])('reads Redis, which writes local time: %s', (line, level, message) => {
    const timeMs = new Date(2026, 10, 21, 9, 8, 7, 123).getTime()
    expect(parseLogLine(line)).toEqual({ timeMs, level, message, facts: {} })
  })

  it.each(['', '{"half', '    at main.ts:3', '{}', '[1]', '{"time":"yesterday"}', '{"level":{"a":1}}'])(
    'survives %j',
    (line) => {
      expect(parseLogLine(line)).toMatchObject({ timeMs: undefined, level: 'info' })
    },
  )
})

describe('isAtLeast', () => {
  it('orders levels by severity', () => {
    expect(isAtLeast('error', 'warn')).toBe(true)
    expect(isAtLeast('warn', 'warn')).toBe(true)
    expect(isAtLeast('info', 'warn')).toBe(false)
  })
})
