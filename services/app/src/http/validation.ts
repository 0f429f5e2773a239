/** TypeBox as Fastify's validator: strict, every fault at once, each with a JSON Pointer (RFC 6901). */
import { RoundtripError } from '@roundtrip/errors'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'

/** One fault, as a client gets to read it. */
export interface Fault {
  /** body, querystring, params or headers */
  readonly in: string
  readonly pointer: string
  readonly detail: string
}

interface SchemaFault {
  readonly keyword: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

type Convert = (value: unknown) => unknown

const asItIs: Convert = (value) => value

/** By schema, whatever it asks for. */
const thorough = (schema: TSchema, hasDefaults: boolean): Convert =>
  hasDefaults ? (value) => Value.Convert(schema, Value.Default(schema, value)) : (value) => Value.Convert(schema, value)

/** What nearly every text has where a number is wanted: digits. Much quicker than by schema. */
const digitsToNumbers = (schema: TSchema): Convert => {
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> }
  const numbers = Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
  if (numbers.length === 0) return asItIs
  return (value) => {
    const converted = { ...(value as Record<string, unknown>) }
    for (const name of numbers) {
      const text = converted[name]
      if (typeof text === 'string' && /^\d{1,15}$/.test(text)) converted[name] = Number(text)
    }
    return converted
  }
}

/** To be tried in turn. A body means what it says; text from a path, a query or a header has to become numbers first. */
const conversionsOf = (schema: TSchema, httpPart: string): Convert[] => {
  if (httpPart === 'body') return [asItIs]
  const hasDefaults = JSON.stringify(schema).includes('"default":')
  return hasDefaults ? [thorough(schema, true)] : [digitsToNumbers(schema), thorough(schema, false)]
}

export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart = 'body' }) => {
  const validator = Compile(schema)
  const conversions = conversionsOf(schema, httpPart)
  return (value: unknown) => {
    let converted = value
    for (const convert of conversions) {
      converted = convert(value)
      if (validator.Check(converted)) return { value: converted }
    }
    // A path that cannot name anything names nothing.
    if (httpPart === 'params') return { error: new RoundtripError('NOT_FOUND') }
    return { error: invalid(validator.Errors(converted).flatMap((fault) => faultsOf(httpPart, fault))) }
  }
}

/** The error for a list of faults; its sentence names the first. */
export const invalid = (faults: readonly Fault[]): RoundtripError => {
  const [first] = faults
  const place = first && [first.in, first.pointer].filter((part) => part !== '').join(' ')
  const sentence = first && `${place} ${first.detail}.`
  return new RoundtripError('VALIDATION_FAILED', sentence, { details: { errors: faults } })
}

/** Where a field is missing or unknown, the schema's fault is the object's; clients want to be shown the field. */
const faultsOf = (part: string, { keyword, instancePath, params, message }: SchemaFault): Fault[] => {
  if (keyword === 'boolean') return [] // An unknown field once more: the schema for those is `false`.
  const named = (fields: readonly string[], detail: string): Fault[] =>
    fields.map((field) => ({ in: part, pointer: `${instancePath}/${escaped(field)}`, detail }))
  const { requiredProperties, additionalProperties } = params as Record<string, readonly string[] | undefined>
  if (keyword === 'required' && requiredProperties !== undefined) return named(requiredProperties, 'is missing')
  if (keyword === 'additionalProperties' && additionalProperties !== undefined)
    return named(additionalProperties, 'is not a known field')
  return [{ in: part, pointer: instancePath, detail: message }]
}

const escaped = (field: string): string => field.replaceAll('~', '~0').replaceAll('/', '~1')
