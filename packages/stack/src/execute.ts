/** Runs a short program to its end. */
import { execFile, type ExecFileOptions } from 'node:child_process'
import { RoundtripError } from '@roundtrip/errors'
import { childEnvironment } from './host.ts'

/** @returns standard output @throws RoundtripError `STACK_START_FAILED` with what the program said */
export const execute = (command: string, args: readonly string[], options: ExecFileOptions = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const all = { env: childEnvironment(), maxBuffer: 16 * 1024 * 1024, ...options, encoding: 'utf8' as const }
    execFile(command, args, all, (cause, stdout, stderr) => {
      if (cause === null) return resolve(stdout)
      const said = stderr.trim().split('\n').slice(-10).join('\n')
      reject(new RoundtripError('STACK_START_FAILED', `${command} failed: ${said || cause.message}`, { cause }))
    })
  })
