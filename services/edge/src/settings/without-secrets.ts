/** Settings as they may be shown: what a schema calls secret is left out, and that it is there is said. */
import type { TSchema } from 'typebox'

interface Shape {
  readonly secret?: boolean
  readonly properties?: Readonly<Record<string, Shape>>
  readonly patternProperties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const show = (shape: Shape | undefined, value: unknown): unknown => {
  if (shape?.secret === true && value !== undefined) return '(hidden)'
  if (Array.isArray(value)) return value.map((item) => show(shape?.items, item))
  if (!isRecord(value)) return value
  const [byName] = Object.values(shape?.patternProperties ?? {})
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, show(shape?.properties?.[key] ?? byName, member)]),
  )
}

/** @returns a copy of the same shape */
export const withoutSecrets = <T>(schema: TSchema, settings: T): T => show(schema, settings) as T
