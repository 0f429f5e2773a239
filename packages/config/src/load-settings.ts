/** Environment in, frozen typed settings out; every problem is found before any is reported. */
import { readFileSync } from 'node:fs'
import { RoundtripError } from '@roundtrip/errors'
import type { Static, TObject } from 'typebox'
import { Value } from 'typebox/value'
import { nearest } from './nearest.ts'
import { parseText, variablesOf, type Variable } from './variables.ts'

/** Variable name to text, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings of one service or tool. Variables are `<PREFIX>_<KEY>`; an empty variable counts as unset;
 * a secret may instead come from the file that `<PREFIX>_<KEY>_FILE` names.
 *
 * @throws RoundtripError `SETTINGS_INVALID`, its message one line per problem: variable, value, what was expected.
 */
export const loadSettings = <T extends TObject>(
  prefix: string,
  schema: T,
  environment: Environment,
): Readonly<Static<T>> => {
  const variables = variablesOf(prefix, schema)
  const problems: string[] = []
  const settings: Record<string, unknown> = {}
  for (const variable of variables) {
    const value = read(variable, environment, problems)
    if (value !== undefined) settings[variable.key] = value
  }
  problems.push(...unknownVariables(prefix, variables, environment))
  if (problems.length > 0) {
    throw new RoundtripError('SETTINGS_INVALID', problems.join('\n'), { details: { problems } })
  }
  for (const value of Object.values(settings)) Object.freeze(value)
  return Object.freeze(settings) as Readonly<Static<T>>
}

const read = (variable: Variable, environment: Environment, problems: string[]): unknown => {
  const { name, schema } = variable
  const text = textOf(variable, environment, problems)
  if (text === undefined) {
    if (schema.default !== undefined) return structuredClone(schema.default)
    if (variable.required && !problems.some((problem) => problem.startsWith(`${name}_FILE`))) {
      problems.push(`${name} is not set: expected ${schema.expected} (${schema.description}).`)
    }
    return undefined
  }
  const value = parseText(schema, text)
  if (Value.Check(schema, value)) return value
  problems.push(
    `${name}=${schema.secret ? '(hidden)' : JSON.stringify(text)} is not valid: expected ${schema.expected} (${schema.description}).`,
  )
  return undefined
}

const textOf = ({ name, schema }: Variable, environment: Environment, problems: string[]): string | undefined => {
  const text = environment[name] || undefined
  const file = schema.secret ? environment[`${name}_FILE`] || undefined : undefined
  if (file === undefined) return text
  if (text !== undefined) {
    problems.push(`${name}_FILE and ${name} are both set: expected only one of them.`)
    return undefined
  }
  try {
    return readFileSync(file, 'utf8').trimEnd() || undefined
  } catch (error) {
    problems.push(
      `${name}_FILE=${JSON.stringify(file)} cannot be read (${(error as Error).message}): expected a file that holds the secret.`,
    )
    return undefined
  }
}

/** A variable with our prefix that no setting has is most likely a typing error, so it is refused. */
const unknownVariables = (prefix: string, variables: readonly Variable[], environment: Environment): string[] => {
  const known = new Set(variables.flatMap(({ name, schema }) => (schema.secret ? [name, `${name}_FILE`] : [name])))
  return Object.keys(environment)
    .filter((name) => name.startsWith(`${prefix}_`) && !known.has(name))
    .map((name) => {
      const guess = nearest(name, known)
      return `${name} is not a setting of ${prefix.toLowerCase()}${guess === undefined ? '' : `: did you mean ${guess}?`}`
    })
}
