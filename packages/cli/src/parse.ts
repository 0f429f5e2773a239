/** The words after a command's name, parsed by its definition; every mistake is a sentence with a way out. */
import { parseArgs } from 'node:util'
import { nearest } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import type { Command, Option, Options, ParsedArgs } from './command.ts'

/** Every command has it; the dispatcher answers it. */
export const helpOption: Options = {
  help: { type: 'boolean', short: 'h', description: 'show this help' },
}

/**
 * @returns the arguments, `help` among the values
 * @throws RoundtripError `USAGE`: unknown option, missing or unwanted value, too few or too many arguments
 */
export const parseCommandLine = (command: Command, words: readonly string[]): ParsedArgs => {
  const options: Options = { ...command.options, ...helpOption }
  const { values, positionals, tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(Object.entries(options).map(([name, option]) => [name, parserOption(option)])),
    allowPositionals: true,
    // Not strict, since Node's own sentences know no "did you mean".
    strict: false,
    tokens: true,
  })
  for (const token of tokens) if (token.kind === 'option') checkOption(command, options, token)
  if (values['help'] !== true) checkPositionals(command, positionals)
  return { values, positionals }
}

const parserOption = ({ type, short, multiple = false }: Option) => ({
  type,
  multiple,
  ...(short === undefined ? {} : { short }),
})

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

const usage = (command: Command, problem: string): RoundtripError =>
  new RoundtripError('USAGE', `${problem} See ./roundtrip ${command.name} --help.`)

const checkOption = (command: Command, options: Options, token: OptionToken): void => {
  const { name, rawName, value, inlineValue } = token
  const option = options[name]
  if (option === undefined) throw usage(command, `There is no option ${rawName}${suggestion(name, options)}`)
  if (option.type === 'boolean' && inlineValue === true) throw usage(command, `${rawName} takes no value.`)
  if (option.type === 'boolean') return
  const label = `${rawName} needs a value: ${rawName} ${option.value ?? 'VALUE'}.`
  if (value === undefined) throw usage(command, label)
  // "--lines --follow" is a forgotten value far more often than a value that looks like an option.
  if (inlineValue === false && /^-./.test(value)) {
    throw usage(command, `${label} To give one that begins with a dash, write ${rawName}=${value}.`)
  }
}

const suggestion = (name: string, options: Options): string => {
  const guess = nearest(name, Object.keys(options))
  return guess === undefined ? '.' : `: did you mean --${guess}?`
}

const checkPositionals = (command: Command, positionals: readonly string[]): void => {
  const { min = 0, max = min } = command.positionals ?? {}
  if (positionals.length < min) {
    throw usage(command, `Something is missing: ./roundtrip ${command.name} ${command.usage}.`)
  }
  const [extra] = positionals.slice(max)
  if (extra !== undefined) throw usage(command, `${JSON.stringify(extra)} is one argument too many.`)
}
