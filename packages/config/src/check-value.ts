/** Holds a value against a schema: fills in defaults, and tells every problem with its place and what was expected. */
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { nearest } from './nearest.ts'

/** Where in the value a problem is. */
export interface Place {
  readonly path: readonly (string | number)[]
  /** Whether the key itself is the problem, not what it holds. */
  readonly isKey: boolean
}

export type Report = (place: Place, problem: string) => void

/** The parts of JSON Schema that settings are made of. */
interface Shape {
  readonly type?: string
  readonly description?: string
  readonly expected?: string
  readonly secret?: boolean
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Shape | boolean
  readonly patternProperties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
  readonly anyOf?: readonly Shape[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
}

type Path = Place['path']

/** @returns a copy with defaults; of no use when a problem was reported */
export const checkValue = (schema: TSchema, value: unknown, report: Report): unknown => visit(schema, value, [], report)

const visit = (shape: Shape, value: unknown, path: Path, report: Report): unknown => {
  if (shape.anyOf !== undefined) return visitUnion(shape, shape.anyOf, value, path, report)
  if (isRecord(value) && shape.properties !== undefined) return visitObject(shape, value, path, report)
  if (isRecord(value) && shape.patternProperties !== undefined) return visitByName(shape, value, path, report)
  if (Array.isArray(value) && shape.items !== undefined) return visitList(shape, shape.items, value, path, report)
  if (!Value.Check(shape as TSchema, value)) report({ path, isKey: false }, refusal(shape, value))
  return value
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const visitObject = (shape: Shape, value: Record<string, unknown>, path: Path, report: Report): unknown => {
  const { properties = {}, required = [] } = shape
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(properties, key)) continue
    const guess = nearest(key, Object.keys(properties))
    const hint =
      guess === undefined ? `expected one of ${Object.keys(properties).join(', ')}` : `did you mean ${guess}?`
    report({ path: [...path, key], isKey: true }, `is not a setting here: ${hint}`)
  }
  const checked: Record<string, unknown> = {}
  for (const [key, property] of Object.entries(properties)) {
    const given = value[key] ?? structuredClone(property.default)
    if (given !== undefined) checked[key] = visit(property, given, [...path, key], report)
    else if (required.includes(key))
      report({ path: [...path, key], isKey: true }, `is missing: ${expectation(property)}`)
  }
  return checked
}

const visitByName = (shape: Shape, value: Record<string, unknown>, path: Path, report: Report): unknown => {
  const [[pattern, member] = ['', {}]] = Object.entries(shape.patternProperties ?? {})
  const checked: Record<string, unknown> = {}
  for (const [name, given] of Object.entries(value)) {
    if (!new RegExp(pattern).test(name)) {
      report({ path: [...path, name], isKey: true }, `is not a name that can be used here: expected ${pattern}`)
    } else checked[name] = visit(member, given, [...path, name], report)
  }
  return checked
}

const visitList = (shape: Shape, items: Shape, value: readonly unknown[], path: Path, report: Report): unknown => {
  const checked = value.map((item, index) => visit(items, item, [...path, index], report))
  const { properties: _properties, items: _items, ...bounds } = shape as Shape & { type: string }
  if (!Value.Check(bounds as unknown as TSchema, value)) report({ path, isKey: false }, refusal(shape, value))
  return checked
}

/** Problems are told of the only branch that the value could have meant; of several, that none fits. */
const visitUnion = (shape: Shape, branches: readonly Shape[], value: unknown, path: Path, report: Report): unknown => {
  for (const branch of branches) {
    let fits = true
    const checked = visit(branch, value, path, () => (fits = false))
    if (fits) return checked
  }
  const alike = branches.filter((branch) => isMeant(branch, value))
  if (alike.length === 1 && alike[0] !== undefined) return visit(alike[0], value, path, report)
  report({ path, isKey: false }, refusal(shape, value))
  return value
}

const isMeant = ({ type, properties, patternProperties }: Shape, value: unknown): boolean =>
  isRecord(value)
    ? properties !== undefined || patternProperties !== undefined
    : Array.isArray(value)
      ? type === 'array'
      : false

const refusal = (shape: Shape, value: unknown): string =>
  `${shape.secret === true ? '(hidden)' : shorten(JSON.stringify(value))} is not valid: ${expectation(shape)}`

const longest = 80

const shorten = (text: string): string => (text.length <= longest ? text : `${text.slice(0, longest)}…`)

const expectation = (shape: Shape): string => {
  const described = shape.description === undefined ? '' : ` (${shape.description})`
  return `expected ${shape.expected ?? kindOf(shape)}${described}`
}

const article = (kind: string): string => (/^[aeio]/.test(kind) ? `an ${kind}` : `a ${kind}`)

const kindOf = (shape: Shape): string => {
  if (shape.enum !== undefined) return `one of ${shape.enum.join(', ')}`
  if (shape.const !== undefined) return JSON.stringify(shape.const)
  if (shape.anyOf !== undefined) return shape.anyOf.map(kindOf).join(' or ')
  const { minimum, maximum } = shape as { minimum?: number; maximum?: number }
  const bounds = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
  ]
  const kind = shape.type === 'integer' ? 'whole number' : shape.type === 'array' ? 'list' : (shape.type ?? 'value')
  return bounds.length === 0 ? article(kind) : `${article(kind)} of ${bounds.join(' and ')}`
}
