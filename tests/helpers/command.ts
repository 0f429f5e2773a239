/** The `roundtrip` command as a user runs it: through the launcher, as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { projectFolder } from '@roundtrip/stack'

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** Resolves with everything printed so far once it matches; rejects when the command ends first. */
  printed(pattern: RegExp): Promise<string>
  readonly ended: Promise<number | null>
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** What is typed in place of `./roundtrip`. */
  readonly program?: readonly [string, ...string[]]
}

const launcher = [process.execPath, join(projectFolder, 'roundtrip')] as const

const start = (words: readonly string[], surroundings: Surroundings): ChildProcess => {
  const { env = {}, cwd = projectFolder, program = launcher } = surroundings
  const [file, ...args] = program
  return spawn(file, [...args, ...words], {
    cwd,
    // What the test's own surroundings say about colours and screens is not the point here.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LANG: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a command to its end. */
export const run = async (words: readonly string[], surroundings: Surroundings = {}): Promise<Ended> => {
  const child = start(words, surroundings)
  const { stdout: out, stderr: err } = child
  if (out === null || err === null) throw new Error('the command has no output')
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(out), text(err)])
  await closed
  return { status: child.exitCode, stdout, stderr }
}

/** Starts a command that goes on, such as `logs -f`. */
export const watch = (words: readonly string[], surroundings: Surroundings = {}): Running => {
  const child = start(words, surroundings)
  let output = ''
  const lookers = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      for (const look of lookers) look()
    })
  }
  const ended = once(child, 'close').then(([status]) => status as number | null)
  const printed = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!pattern.test(output)) return
        lookers.delete(look)
        resolve(output)
      }
      lookers.add(look)
      ended.then((status) => reject(new Error(`ended with ${status} before it printed ${pattern}:\n${output}`)), reject)
      look()
    })
  return { child, printed, ended }
}
