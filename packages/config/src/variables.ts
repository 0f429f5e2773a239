/** How a setting's name becomes an environment variable, and a variable's text becomes a value. */
import type { TObject, TSchema } from 'typebox'
import type { SettingKeywords } from './setting.ts'

export type SettingSchema = TSchema &
  Partial<SettingKeywords> & { type?: string; default?: unknown; description?: string }

/** One setting with its variable. */
export interface Variable {
  readonly name: string
  readonly key: string
  readonly schema: SettingSchema
  readonly required: boolean
}

/** `httpsPort` under the prefix `EDGE` is `EDGE_HTTPS_PORT`. */
export const variableName = (prefix: string, key: string): string =>
  `${prefix}_${key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()}`

export const variablesOf = (prefix: string, schema: TObject): Variable[] => {
  const required = new Set(schema.required as string[] | undefined)
  return Object.entries(schema.properties as Record<string, SettingSchema>).map(([key, property]) => ({
    name: variableName(prefix, key),
    key,
    schema: property,
    required: required.has(key) && property.default === undefined,
  }))
}

/** Text to the schema's own type. Text that does not fit is returned as it is, for the validator to refuse. */
export const parseText = (schema: SettingSchema, text: string): unknown => {
  switch (schema.type) {
    case 'integer':
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
    case 'boolean':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
    case 'array':
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
    default:
      return text
  }
}
