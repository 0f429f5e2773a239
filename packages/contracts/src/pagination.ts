/** Cursor pagination: a page names the place where the next one starts, so pages stay right while rows come and go. */
import { Type, type Static } from 'typebox'

/** Rows on a page when the client does not say. */
export const defaultPageLimit = 50
/** The most rows a client may ask for at once. */
export const maxPageLimit = 100

export const pageQueryProperties = {
  limit: Type.Integer({
    minimum: 1,
    maximum: maxPageLimit,
    default: defaultPageLimit,
    description: 'how many entries at most',
  }),
  cursor: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{1,128}$',
      description: 'where to go on: the nextCursor of the page before',
    }),
  ),
}

export const pageQuerySchema = Type.Object(pageQueryProperties, { additionalProperties: false })

/** Absent on the last page. */
export const nextCursorProperty = {
  nextCursor: Type.Optional(Type.String({ description: 'send it as cursor to get the next page; absent on the last' })),
}

export type PageQuery = Static<typeof pageQuerySchema>
