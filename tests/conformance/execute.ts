/** Runs a suite's own program. */
import { spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** @returns standard output, whatever the exit status, which suites use to say that something failed @throws the error of a start */
export const execute = async (
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<string> => {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child, 'spawn')
  if (child.stdout === null) throw new TypeError('there is no standard output')
  return text(child.stdout)
}
