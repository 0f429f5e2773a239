/** One line of an instance's log as a record: our JSON (pino), Postgres' and Redis' own formats, or plain text. */

/** Least severe first. */
export const levelNames = ['debug', 'info', 'warn', 'error'] as const

export type Level = (typeof levelNames)[number]

export const isAtLeast = (level: Level, least: Level): boolean => levelNames.indexOf(level) >= levelNames.indexOf(least)

export interface LogRecord {
  /** Milliseconds since the epoch; undefined for text without a time, which belongs to the record before it. */
  readonly timeMs: number | undefined
  readonly level: Level
  readonly message: string
  /** What else the line says, e.g. `{ traceId: '…' }`. */
  readonly facts: Readonly<Record<string, unknown>>
}

const levels: Readonly<Record<string, Level>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'error',
}

const fromJson = (line: string): LogRecord | undefined => {
  if (!line.startsWith('{')) return undefined
  let parsed: Record<string, unknown>
  try {
    parsed = JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
  // The instance is printed before each line, the process id says nothing once it runs.
  const { time, level, message, service: _service, instance: _instance, pid: _pid, ...facts } = parsed
  return {
    timeMs: typeof time === 'string' ? timeOf(time) : typeof time === 'number' ? time : undefined,
    level: levels[String(level)] ?? 'info',
    message: typeof message === 'string' ? message : '',
    facts,
  }
}

const timeOf = (text: string): number | undefined => {
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

// Postgres, log_line_prefix '%m [%p] ': 2026-11-21 09:08:07.123 UTC [42] LOG:  checkpoint starting
const postgresLine = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) (\S+) \[\d+\](?: \S+)*? ([A-Z]+\d?):\s+(.*)$/

const postgresLevels: Readonly<Record<string, Level>> = {
  WARNING: 'warn',
  ERROR: 'error',
  FATAL: 'error',
  PANIC: 'error',
}

/** A server that is told to stop ends its connections with FATAL. */
const isOrderlyEnd = (message: string): boolean => message.endsWith('due to administrator command')

const fromPostgres = (line: string): LogRecord | undefined => {
  const [, time, zone, severity, message] = postgresLine.exec(line) ?? []
  if (time === undefined || severity === undefined || message === undefined) return undefined
  const level = isOrderlyEnd(message)
    ? 'info'
    : (postgresLevels[severity] ?? (severity.startsWith('DEBUG') ? 'debug' : 'info'))
  return { timeMs: timeOf(`${time} ${zone}`), level, message, facts: {} }
}

// Redis: 4711:M 21 Nov 2026 09:08:07.123 * Ready to accept connections
const redisLine = /^\d+:[XCSM] (\d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3}) ([.*#-]) (.*)$/

const redisLevels: Readonly<Record<string, Level>> = { '.': 'debug', '-': 'debug', '*': 'info', '#': 'info' }

/**
 * Redis marks its greeting, its farewell and advice about the machine's kernel ("WARNING Memory overcommit…") as it marks
 * trouble, so that the mark alone says nothing.
 */
const isRedisTrouble = (mark: string, message: string): boolean =>
  mark === '#' &&
  !message.startsWith('WARNING') &&
  /\b(?:error|fail|failed|can't|cannot|fatal|crashed|oom)\b/i.test(message)

const fromRedis = (line: string): LogRecord | undefined => {
  const [, time, mark, message] = redisLine.exec(line) ?? []
  if (time === undefined || mark === undefined || message === undefined) return undefined
  // Redis writes local time, as does Date.parse read it.
  const level = isRedisTrouble(mark, message) ? 'warn' : (redisLevels[mark] ?? 'info')
  return { timeMs: timeOf(time), level, message, facts: {} }
}

/** Never fails: a line in no known format is its own message. */
export const parseLogLine = (line: string): LogRecord =>
  fromJson(line) ??
  fromPostgres(line) ??
  fromRedis(line) ?? { timeMs: undefined, level: 'info', message: line, facts: {} }
