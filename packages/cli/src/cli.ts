/** From the words on the command line to an exit status. */
import { nearest } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import type { Command, Io } from './command.ts'
import { commandNames, helpGroups, loadCommand } from './commands/index.ts'
import { exitStatus } from './exit-status.ts'
import { commandHelp, generalHelp } from './help.ts'
import { parseCommandLine } from './parse.ts'

/** Runs one command. Never rejects: every failure ends as a sentence on standard error and a status. */
export const runCli = async (words: readonly string[], io: Io): Promise<number> => {
  const [first = 'help', ...rest] = words
  try {
    if (first === '--version' || first === '-V') return await dispatch('version', rest, io)
    if (first === '--help' || first === '-h') return await dispatch('help', rest, io)
    return await dispatch(first, rest, io)
  } catch (error) {
    io.stderr.write(`${io.colours.red('roundtrip:')} ${describeError(error)}\n`)
    return statusOf(error)
  }
}

const dispatch = async (name: string, words: readonly string[], io: Io): Promise<number> => {
  if (name === 'help') return showHelp(words, io)
  const command = await commandNamed(name)
  const args = parseCommandLine(command, words)
  if (args.values['help'] !== true) return command.run(args, io)
  io.stdout.write(commandHelp(command, io))
  return exitStatus.ok
}

const showHelp = async ([name]: readonly string[], io: Io): Promise<number> => {
  const text =
    name === undefined || name.startsWith('-')
      ? generalHelp(await helpGroups(), io)
      : commandHelp(await commandNamed(name), io)
  io.stdout.write(text)
  return exitStatus.ok
}

const commandNamed = async (name: string): Promise<Command> => {
  const command = await loadCommand(name)
  if (command !== undefined) return command
  const guess = nearest(name, [...commandNames, 'help'])
  const hint = guess === undefined ? '' : ` Did you mean ${guess}?`
  throw new RoundtripError('USAGE', `There is no command ${JSON.stringify(name)}.${hint} See ./roundtrip help.`)
}

const statusOf = (error: unknown): number => {
  if (!(error instanceof RoundtripError)) return exitStatus.failure
  if (error.code === 'USAGE') return exitStatus.usage
  if (error.code === 'STACK_NOT_RUNNING') return exitStatus.notRunning
  if (error.code === 'SETTINGS_INVALID') return exitStatus.settings
  return exitStatus.failure
}

/** A known error is its sentence; an unknown one is a bug of ours, whose stack is what a report needs. */
const describeError = (error: unknown): string => {
  if (!(error instanceof RoundtripError)) return error instanceof Error ? (error.stack ?? error.message) : String(error)
  const cause = error.cause instanceof Error ? `\n  because: ${error.cause.message}` : ''
  return error.message + cause
}
