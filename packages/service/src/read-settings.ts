/** The settings of a service and those that all have, from the environment and the file that `--settings` names. */
import { readFileSync } from 'node:fs'
import { parseArgs, parseEnv } from 'node:util'
import { loadSettings, type Environment } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import type { Static, TObject } from 'typebox'
import { commonSettings, type CommonSettings } from './common-settings.ts'

export interface AllSettings<T extends TObject> {
  readonly common: Readonly<CommonSettings>
  readonly settings: Readonly<Static<T>>
}

/**
 * @param name of the service; its settings have it as prefix, in upper case
 * @param commandLine arguments after the script
 * @throws RoundtripError `SETTINGS_INVALID` with every problem of both schemas, one a line
 */
export const readSettings = <T extends TObject>(
  name: string,
  schema: T,
  environment: Environment,
  commandLine: readonly string[],
): AllSettings<T> => {
  const all = { ...settingsFile(commandLine), ...environment }
  const problems: string[] = []
  const attempt = <S extends TObject>(prefix: string, part: S): Readonly<Static<S>> | undefined => {
    try {
      return loadSettings(prefix, part, all)
    } catch (error) {
      problems.push((error as Error).message)
      return undefined
    }
  }
  // Both are read before either is reported, so that one start shows every problem.
  const common = attempt('SERVICE', commonSettings)
  const settings = attempt(name.toUpperCase(), schema)
  if (common !== undefined && settings !== undefined) return { common, settings }
  throw new RoundtripError('SETTINGS_INVALID', problems.join('\n'))
}

const settingsFile = (commandLine: readonly string[]): Environment => {
  const file = fileArgument(commandLine)
  if (file === undefined) return {}
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new RoundtripError(
      'SETTINGS_INVALID',
      `--settings ${file} cannot be read (${(error as Error).message}): expected a file of NAME=value lines.`,
      { cause: error },
    )
  }
}

const fileArgument = (commandLine: readonly string[]): string | undefined => {
  try {
    return parseArgs({ args: [...commandLine], options: { settings: { type: 'string' } } }).values.settings
  } catch (error) {
    throw new RoundtripError(
      'SETTINGS_INVALID',
      `The command line is not valid (${(error as Error).message}): expected nothing, or --settings FILE.`,
      { cause: error },
    )
  }
}
