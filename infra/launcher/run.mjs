/** Runs a program quietly; its output is shown only when it fails. */
import { spawn } from 'node:child_process'
import { LaunchError } from './launch-error.mjs'

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, failure: string }} options `failure`: what to tell when it fails
 * @returns {Promise<void>}
 */
export const run = (program, args, { cwd, env, failure }) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk) => {
      output = (output + chunk).slice(-8000)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error) => reject(new LaunchError(`${failure}\n${error.message}`)))
    child.once('close', (status) => {
      if (status === 0) resolve()
      else reject(new LaunchError(`${failure}\n${output.trim()}`))
    })
  })

/** A line of progress on standard error: standard output belongs to the command. */
export const say = (text) => process.stderr.write(`roundtrip: ${text}\n`)
