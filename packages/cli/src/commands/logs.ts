/** `roundtrip logs`: what the instances wrote, merged by time. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setInterval } from 'node:timers/promises'
import { RoundtripError } from '@roundtrip/errors'
import { instances } from '@roundtrip/stack'
import { defineCommand, type Command, type Io } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import { instancesNamed, tierOf } from '../instance-names.ts'
import { formatRecord } from '../logs/format-record.ts'
import { isAtLeast, levelNames, type Level } from '../logs/log-record.ts'
import { LogSource } from '../logs/log-source.ts'
import { mergeByTime, type Entry } from '../logs/merge.ts'
import { stackSettings } from '../stack-settings.ts'

/** Short enough to feel live, long enough to cost nothing. */
const followIntervalMs = 200

/** The log of the supervising process itself, which is no instance. */
export const stackLogName = 'stack'

const options = {
  follow: { type: 'boolean', short: 'f', description: 'go on with what is added, until Ctrl-C' },
  lines: { type: 'string', short: 'n', value: 'N', description: 'show the last N lines (default: 100), or all' },
  level: {
    type: 'string',
    short: 'l',
    value: 'LEVEL',
    description: 'leave out what is below debug, info, warn or error',
  },
  json: { type: 'boolean', description: 'print the records as JSON, one a line' },
} as const

export const logs: Command = defineCommand({
  name: 'logs',
  summary: 'Show the logs of some or all instances, merged by time',
  usage: '[options] [instance|tier…]',
  description: `The logs of the last stack can also be read when it no longer runs. "${stackLogName}" is the log of a detached supervisor.`,
  options,
  positionals: { max: Infinity },
  examples: [
    { command: './roundtrip logs -f', about: 'everything, live' },
    { command: './roundtrip logs edge web-1 -n 20', about: 'both edges and one web instance' },
    { command: './roundtrip logs -l warn', about: 'only what is worth a look' },
  ],
  run: async ({ values, positionals }, io) => {
    const count = lineCount(values.lines)
    const level = levelOf(values.level)
    const names = positionals.length === 0 ? allNames : chosenNames(positionals)
    const sources = openSources(names, io)
    const print = printerFor(io, names, values.json === true)
    const shown = (entries: readonly Entry[]): Entry[] => entries.filter(({ record }) => isAtLeast(record.level, level))

    const first = sources.map((source) => ({ instance: source.instance, lines: source.last(count) }))
    print(shown(mergeByTime(first)).slice(-count))
    if (values.follow === true) {
      await follow(io, () => {
        const added = sources.map((source) => ({ instance: source.instance, lines: source.added() }))
        print(shown(mergeByTime(added)))
      })
    }
    for (const source of sources) source.close()
    return exitStatus.ok
  },
})

const allNames: readonly string[] = [...instances.map(({ name }) => name), stackLogName]

const chosenNames = (words: readonly string[]): string[] => [
  ...instancesNamed(words.filter((word) => word !== stackLogName)).map(({ name }) => name),
  ...(words.includes(stackLogName) ? [stackLogName] : []),
]

const lineCount = (text = '100'): number => {
  if (text === 'all') return Infinity
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new RoundtripError('USAGE', `--lines takes a whole number or all, not ${JSON.stringify(text)}.`)
}

const levelOf = (text = 'debug'): Level => {
  const level = levelNames.find((name) => name === text)
  if (level !== undefined) return level
  throw new RoundtripError('USAGE', `--level takes one of ${levelNames.join(', ')}, not ${JSON.stringify(text)}.`)
}

const openSources = (names: readonly string[], io: Io): LogSource[] => {
  const folder = join(stackSettings(io).root, 'logs')
  if (!existsSync(folder)) {
    throw new RoundtripError('STACK_NOT_RUNNING', `There are no logs: no stack has run in ${folder} yet.`)
  }
  return names.map((name) => new LogSource(name, join(folder, `${name}.log`)))
}

const printerFor = ({ stdout, colours }: Io, names: readonly string[], json: boolean): ((entries: Entry[]) => void) => {
  const style = { colours, nameWidth: Math.max(...names.map((name) => name.length)), tierOf }
  return (entries) => {
    for (const { instance, line, record } of entries) {
      stdout.write(`${json ? jsonLine(instance, line, record) : formatRecord(instance, record, style)}\n`)
    }
  }
}

/** Our services write JSON already; what Postgres and Redis write is put into the same shape. */
const jsonLine = (instance: string, line: string, { timeMs, level, message }: Entry['record']): string => {
  if (line.startsWith('{')) return line
  const time = timeMs === undefined ? undefined : new Date(timeMs).toISOString()
  return JSON.stringify({ level, time, instance, message })
}

const follow = async (io: Io, poll: () => void): Promise<void> => {
  const interrupted = new AbortController()
  const stopListening = io.onInterrupt(() => interrupted.abort())
  try {
    for await (const _ of setInterval(followIntervalMs, undefined, { signal: interrupted.signal })) poll()
  } catch (error) {
    if (!interrupted.signal.aborted) throw error
  } finally {
    stopListening()
    // The shell's prompt does not belong behind the ^C.
    if (io.isTty) io.stdout.write('\n')
  }
}
