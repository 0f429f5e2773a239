/** Starts an edge of several processes for a test, and ends it with the test. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { certificateFile, keyFile, type LogLine } from './test-edge.ts'

export interface RunningParent {
  readonly child: ChildProcess
  readonly lines: LogLine[]
  readonly httpsPort: number
  readonly httpPort: number
  readonly health: string
  /** By name. */
  readonly listeners: Readonly<Record<string, string>>
  readonly exit: Promise<number | null>
  /** Resolves with the line, past or future, that has these words. */
  readonly line: (words: string) => Promise<LogLine>
}

const fixture = join(import.meta.dirname, 'parent/main.ts')

/** @param environment over settings that suit a test @param file entry point: of the fixture, unless the real one is given */
export const runParent = async (
  workers: number,
  environment: Record<string, string> = {},
  file: string = fixture,
): Promise<RunningParent> => {
  const child = fork(file, [], {
    silent: true,
    env: {
      PATH: '/usr/bin:/bin',
      EDGE_WORKERS: String(workers),
      EDGE_HTTPS_PORT: '0',
      EDGE_HTTP_PORT: '0',
      EDGE_CERTIFICATE_FILE: certificateFile,
      EDGE_KEY_FILE: keyFile,
      EDGE_UPSTREAMS: 'http://127.0.0.1:1',
      SERVICE_HEALTH_PORT: '0',
      ...environment,
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  const lines: LogLine[] = []
  const waiting: { words: string; resolve: (line: LogLine) => void }[] = []
  createInterface(child.stdout ?? process.stdin).on('line', (text) => {
    const line = JSON.parse(text) as LogLine
    lines.push(line)
    for (const { words, resolve } of waiting) if (line.message.includes(words)) resolve(line)
  })
  child.stderr?.pipe(process.stderr)
  const [{ listeners, health }] = (await once(child, 'message')) as [
    { listeners: Record<string, string>; health: string },
  ]
  const portOf = (name: string): number => Number(new URL(listeners[name] ?? '').port)
  const line = async (words: string): Promise<LogLine> =>
    lines.find(({ message }) => message.includes(words)) ??
    new Promise((resolve) => void waiting.push({ words, resolve }))
  return { child, lines, listeners, httpsPort: portOf('https'), httpPort: portOf('http'), health, exit, line }
}
