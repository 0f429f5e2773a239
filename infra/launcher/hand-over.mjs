/** Hands over to a program on the pinned runtime and ends as it ends. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'

const parentPollMs = 1000

/**
 * The child gets a pipe on descriptor 3 that nothing is ever written to: it ends when this process does, however
 * it dies, and the child then stops what it started.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import('./runtime.mjs').Runtime} runtime
 * @returns {Promise<number>} exit status, 128 + signal number when a signal ended it
 */
export const handOver = (program, args, runtime) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: {
        ...runtime.env,
        ROUNDTRIP_LIFELINE: '3',
        // Stripped and compiled sources are kept between runs.
        NODE_COMPILE_CACHE: join(runtime.folder, 'compile-cache'),
      },
    })
    // A terminal sends Ctrl-C to the whole foreground group, so the child has it already; a plain `kill` does not.
    process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
    process.on('SIGTERM', () => child.kill('SIGTERM'))
    process.on('SIGHUP', () => child.kill('SIGHUP'))
    followNpm(() => child.kill('SIGTERM'))
    child.stdio[3].on('error', () => {})
    child.once('error', reject)
    child.once('exit', (status, signal) => resolve(status ?? 128 + (constants.signals[signal] ?? 0)))
  })

/** npm may be killed and leave us behind; what was started by it must end with it. */
const followNpm = (stop) => {
  if (process.env.npm_lifecycle_event === undefined) return
  const npm = process.ppid
  setInterval(() => process.ppid === npm || stop(), parentPollMs).unref()
}
