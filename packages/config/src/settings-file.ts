/** A YAML file in (YAML 1.2, core schema), typed and frozen settings out; each problem with its line and column. */
import { readFileSync } from 'node:fs'
import { RoundtripError } from '@roundtrip/errors'
import type { Static, TSchema } from 'typebox'
import { LineCounter, parseDocument, type Document } from 'yaml'
import { checkValue, type Place, type Report } from './check-value.ts'

/** Finds what no schema can: parts that do not fit each other. */
export type Check<Settings> = (settings: Settings, report: Report) => void

/**
 * Reads settings that are too rich for the environment: lists of objects, objects by name.
 * Defaults stand for what is absent, on every level; what the schema does not know is refused.
 *
 * @throws RoundtripError `SETTINGS_INVALID`, its message one line per problem: `edge.yaml:12:5: pools.web.members: …`
 */
export const loadSettingsFile = <T extends TSchema>(
  schema: T,
  file: string,
  check?: Check<Static<T>>,
): Readonly<Static<T>> => {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const sentence = `${file} cannot be read (${(error as Error).message}): expected a YAML file with the settings.`
    throw new RoundtripError('SETTINGS_INVALID', sentence, { cause: error })
  }
  return parseSettings(schema, text, file, check)
}

/** As `loadSettingsFile`, of a text that came from elsewhere. @param name stands before each problem */
export const parseSettings = <T extends TSchema>(
  schema: T,
  text: string,
  name: string,
  check?: Check<Static<T>>,
): Readonly<Static<T>> => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}`
  }
  const problems = document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message}`)
  if (problems.length > 0) throw invalid(problems)
  // Aliases may not multiply what a small file says into what fills the memory.
  const value: unknown = document.toJS({ maxAliasCount: 50 }) ?? {}
  const report: Report = (place, problem) => {
    problems.push(`${at(offsetOf(document, place))}: ${place.path.join('.') || 'the file'}: ${problem}`)
  }
  const settings = checkValue(schema, value, report) as Static<T>
  // Between parts that are wrong by themselves nothing can be compared.
  if (problems.length === 0) check?.(settings, report)
  if (problems.length > 0) throw invalid(problems)
  return deepFreeze(settings) as Readonly<Static<T>>
}

/** What a schema's defaults make of nothing: for those who have no file. @throws RoundtripError `SETTINGS_INVALID` where something is required */
export const defaultsOf = <T extends TSchema>(schema: T): Readonly<Static<T>> => parseSettings(schema, '{}', 'defaults')

/** Of the key where that is what is wrong, else of the value; of the nearest parent for what is not there. */
const offsetOf = (document: Document.Parsed, { path, isKey }: Place): number => {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const key = path[length - 1]
    const pair = pairsOf(parent).find((candidate) => keyOf(candidate) === key)
    const node = isKey && length === path.length ? pair?.key : document.getIn(path.slice(0, length), true)
    const offset = (node as { range?: readonly number[] } | undefined)?.range?.[0] ?? rangeOf(pair?.key)
    if (offset !== undefined) return offset
  }
  return rangeOf(document.contents) ?? 0
}

interface Pair {
  readonly key: unknown
}

const pairsOf = (node: unknown): readonly Pair[] => {
  const items = (node as { items?: unknown } | null)?.items
  return Array.isArray(items) ? items.filter((item): item is Pair => Object.hasOwn(item as object, 'key')) : []
}

const keyOf = ({ key }: Pair): unknown => (key as { value?: unknown } | null)?.value ?? key

const rangeOf = (node: unknown): number | undefined => (node as { range?: readonly number[] } | null)?.range?.[0]

const invalid = (problems: readonly string[]): RoundtripError =>
  new RoundtripError('SETTINGS_INVALID', problems.join('\n'), { details: { problems } })

const deepFreeze = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
