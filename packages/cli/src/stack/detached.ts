/** `roundtrip up --detach`: a supervisor in a session of its own, watched until it is ready. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import type { Io } from '../command.ts'
import { errorOf, type SupervisorMessage } from './messages.ts'
import type { Report } from './report.ts'
import type { ShownBoard } from './start-progress.ts'
import type { Supervision } from './supervise.ts'

/** The same as for the services: a small young generation instead of speed that it has no use for. */
const memoryFlags = ['--max-semi-space-size=2', '--no-warnings=ExperimentalWarning']

const logFileIn = (root: string): string => join(root, 'logs', 'stack.log')

const spawnSupervisor = ({ settings: { root }, include }: Supervision, io: Io): ChildProcess => {
  mkdirSync(join(root, 'logs'), { recursive: true })
  // Begun anew: what a supervisor says concerns its own run.
  const log = openSync(logFileIn(root), 'w', 0o640)
  const { ROUNDTRIP_LIFELINE: _lifeline, ...env } = io.env
  const entryPoint = join(io.projectRoot, 'packages/cli/src/supervisor/main.ts')
  const child = spawn(process.execPath, [...memoryFlags, entryPoint, ...include], {
    cwd: io.projectRoot,
    env: { ...env, ROUNDTRIP_ROOT: root },
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  return child
}

/**
 * @returns when every instance is ready
 * @throws RoundtripError what the supervisor's `startStack` threw, or `STACK_START_FAILED` when it died
 */
export const startDetached = async (supervision: Supervision, view: ShownBoard, io: Io): Promise<Report> => {
  const { root } = supervision.settings
  const child = spawnSupervisor(supervision, io)
  const { promise, resolve, reject } = Promise.withResolvers<Report>()
  child.on('message', (message: SupervisorMessage) => {
    if (message.type === 'event') view.board.apply(message.event)
    else if (message.type === 'ready') resolve(message.report)
    else reject(errorOf(message))
  })
  child.once('error', reject)
  child.once('exit', (status, signal) => {
    const how = signal ?? `status ${String(status)}`
    const sentence = `The supervisor ended (${how}) before the stack was ready; ${logFileIn(root)} says more.`
    reject(new RoundtripError('STACK_START_FAILED', sentence))
  })
  const stopListening = io.onInterrupt((reason) => {
    // It stops what it has started, then ends, which rejects.
    child.kill('SIGTERM')
    view.progress.note(`${reason}: stopping what has been started…`)
  })
  try {
    const report = await promise
    child.disconnect()
    child.unref()
    return report
  } catch (error) {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    throw error
  } finally {
    stopListening()
  }
}
