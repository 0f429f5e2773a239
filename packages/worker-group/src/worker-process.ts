/** One worker process, as its parent sees it: forked, told its assignment, waited for. */
import { fork, type ChildProcess } from 'node:child_process'
import { RoundtripError } from '@roundtrip/errors'
import type { Assignment, ToParent, ToWorker } from './messages.ts'

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface WorkerProcess {
  readonly pid: number | undefined
  /** Its listeners' addresses; rejects with `WORKER_FAILED` when it ends before it is ready. */
  readonly ready: Promise<Readonly<Record<string, string>>>
  /** Resolves when it has ended and all that it said has been handed on. */
  readonly exited: Promise<Exit>
  /** What it says, after `ready` and apart from it. */
  onMessage: (message: ToParent) => void
  send(message: ToWorker): void
  /** Asks it to drain, or kills it. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void
}

export interface SpawnOptions {
  /** Entry point. */
  readonly file: string
  readonly commandLine: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Sockets to hand down, after the channel. */
  readonly descriptors: readonly number[]
  readonly assignment: Assignment
}

export const spawnWorker = (options: SpawnOptions): WorkerProcess => {
  const { file, commandLine, environment, descriptors, assignment } = options
  const child = fork(file, commandLine, {
    env: environment,
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...descriptors],
  })
  const exited = exitOf(child)
  const ready = Promise.withResolvers<Readonly<Record<string, string>>>()
  // Whoever does not wait for it hears of the end by `exited`.
  ready.promise.catch(() => undefined)
  const worker: WorkerProcess = {
    pid: child.pid,
    ready: ready.promise,
    exited,
    onMessage: () => undefined,
    send: (message) => {
      // A message to a worker that has just gone is lost, as it would be had the worker gone a moment later.
      if (child.connected) child.send(message, () => undefined)
    },
    signal: (signal) => void child.kill(signal),
  }
  child.on('message', (message) => {
    const said = message as ToParent
    // Before it says hello, nobody there would listen.
    if (said.type === 'hello') worker.send(assignment)
    else if (said.type === 'ready') ready.resolve(said.listeners)
    else worker.onMessage(said)
  })
  void exited.then((exit) => ready.reject(failedToStart(assignment.slot, exit)))
  return worker
}

const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve) => {
    // Not `exit`, which may come before the last messages.
    child.once('close', (code: number | null, signal: NodeJS.Signals | null) => resolve({ code, signal }))
    // Not even begun: there is no exit then.
    child.once('error', () => resolve({ code: 1, signal: null }))
  })

/** Exit status for wrong settings (`EX_CONFIG`), of which the worker has told already. */
const exitConfig = 78

const failedToStart = (slot: number, { code, signal }: Exit): RoundtripError =>
  new RoundtripError(
    code === exitConfig ? 'SETTINGS_INVALID' : 'WORKER_FAILED',
    `Worker ${slot} ended with ${signal ?? `status ${code}`} before it was ready; the log has what it said last.`,
  )
