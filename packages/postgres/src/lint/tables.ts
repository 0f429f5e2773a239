/** Which tables a statement is about, under one spelling whether or not a schema was written. */
import type { Node, RangeVar } from 'libpg-query'

/** `public.orders`; a name without a schema is taken for one of `public`. */
export const tableName = (relation: RangeVar | undefined): string =>
  `${relation?.schemaname ?? 'public'}.${relation?.relname ?? ''}`

/** As a reader would write it. */
export const shortName = (table: string): string => table.replace(/^public\./, '')

const stringsOf = (nodes: readonly Node[] = []): string[] =>
  nodes.flatMap((node) => ('String' in node && node.String.sval !== undefined ? [node.String.sval] : []))

/** The last part of a possibly qualified name: of a type, a function, a column. */
export const lastName = (names: readonly Node[] | undefined): string | undefined => stringsOf(names).at(-1)

/** The objects of DROP: lists of name parts. */
export const droppedNames = (objects: readonly Node[] = []): string[] =>
  objects.map((object) => {
    const parts = 'List' in object ? stringsOf(object.List.items) : []
    return parts.length > 1 ? parts.slice(-2).join('.') : `public.${parts[0] ?? ''}`
  })

/** Tables named by TRUNCATE and LOCK. */
export const listedTables = (relations: readonly Node[] = []): string[] =>
  relations.flatMap((node) => ('RangeVar' in node ? [tableName(node.RangeVar)] : []))
