/** One run of one process: spawned, listened to until it is ready, and waited for. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { RoundtripError } from '@roundtrip/errors'
import { lineSplitter } from './lines.ts'
import type { LogFile } from './log-file.ts'
import type { Exit } from './stack.ts'

/** Everything needed to start a process once. Made anew for each start. */
export interface ProcessPlan {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
  readonly account?: { readonly uid: number; readonly gid: number } | undefined
  /** A message over the IPC channel, a line of output, or for a task its exit with 0. */
  readonly readyBy: 'message' | 'exit' | RegExp
  /** Part of becoming ready, once the process itself is. */
  readonly afterReady?: () => Promise<void>
  readonly stopSignal: NodeJS.Signals
}

export interface RunningProcess {
  readonly pid: number
  readonly startedAt: Date
  /** Rejects with `STACK_START_FAILED` when the process ends first. */
  readonly ready: Promise<void>
  readonly exited: Promise<Exit>
  signal(signal: NodeJS.Signals): void
}

export interface Output {
  readonly name: string
  readonly log: LogFile
  onLine(stream: 'stdout' | 'stderr', line: string): void
}

/** Lines of output kept to explain a failed start. */
const keptLines = 20

/** @throws RoundtripError `STACK_START_FAILED` when the program cannot be executed */
export const runProcess = async (plan: ProcessPlan, output: Output): Promise<RunningProcess> => {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...(plan.readyBy === 'message' ? (['ipc'] as const) : [])]
  const child = spawn(plan.command, plan.args, {
    cwd: plan.folder,
    env: plan.environment,
    stdio,
    // A process group of its own: Ctrl-C reaches the launcher only, which then stops everything in order.
    detached: true,
    ...plan.account,
  })
  const exited = exitOf(child)
  const lastLines: string[] = []
  const ready = Promise.withResolvers<void>()
  ready.promise.catch(() => {})
  const onLine = (stream: 'stdout' | 'stderr') => (line: string) => {
    output.onLine(stream, line)
    if (lastLines.push(line) > keptLines) lastLines.shift()
    if (plan.readyBy instanceof RegExp && plan.readyBy.test(line)) ready.resolve()
  }
  listen(child, 'stdout', output.log, onLine('stdout'))
  listen(child, 'stderr', output.log, onLine('stderr'))
  child.on('message', (message) => {
    if ((message as { type?: unknown } | null)?.type === 'ready') ready.resolve()
  })
  await spawned(child, plan, output.name)
  exited.then((exit) => {
    if (plan.readyBy === 'exit' && exit.code === 0) ready.resolve()
    else ready.reject(startFailure(output.name, exit, lastLines))
  }, ready.reject)
  return {
    pid: child.pid ?? -1,
    startedAt: new Date(),
    ready: ready.promise.then(() => plan.afterReady?.()),
    exited,
    signal: (signal) => void child.kill(signal),
  }
}

const listen = (
  child: ChildProcess,
  stream: 'stdout' | 'stderr',
  log: LogFile,
  onLine: (line: string) => void,
): void => {
  const lines = lineSplitter(onLine)
  child[stream]?.on('data', (chunk: Buffer) => {
    log.write(chunk)
    lines.push(chunk)
  })
  child[stream]?.once('end', () => lines.end())
}

/** Resolves when the process has ended and its output has been read. */
const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, at: new Date().toISOString() }))
  })

const spawned = (child: ChildProcess, plan: ProcessPlan, name: string): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) => {
      const message = `${name} did not start: ${plan.command} could not be executed (${cause.message}).`
      reject(new RoundtripError('STACK_START_FAILED', message, { cause, details: { instance: name } }))
    })
  })

const startFailure = (name: string, exit: Exit, lines: readonly string[]): RoundtripError => {
  const how = exit.signal === null ? `with status ${exit.code}` : `by ${exit.signal}`
  const message = `${name} ended ${how} before it was ready. Its last output:\n${lines.map((line) => `  ${line}`).join('\n')}`
  return new RoundtripError('STACK_START_FAILED', message, {
    details: { instance: name, exit, lastLines: [...lines], addressInUse: lines.some(saysAddressInUse) },
  })
}

const saysAddressInUse = (line: string): boolean => /EADDRINUSE|address already in use/i.test(line)
