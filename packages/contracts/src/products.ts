/** Products of the shop: what the API shows and what it takes. Money is whole cents, never a fraction. */
import { Type, type Static } from 'typebox'
import { nextCursorProperty, pageQueryProperties } from './pagination.ts'

/** ISO 4217; the shop sells in one currency. */
export const currency = 'EUR'

/** Lower-case words joined with single hyphens: safe in a path without escaping. */
export const slugPattern = '^[a-z0-9]+(?:-[a-z0-9]+)*$'

// Postgres stores these as `integer`, so its range is the schema's.
const maxInteger = 2 ** 31 - 1

// Text cannot hold U+0000 in Postgres, and a name of blanks only is none.
const visibleText = String.raw`^[^\u0000]*[^\s\u0000][^\u0000]*$`
const anyText = String.raw`^[^\u0000]*$`

const fields = {
  slug: Type.String({ pattern: slugPattern, maxLength: 80 }),
  name: Type.String({ pattern: visibleText, maxLength: 120 }),
  description: Type.String({ pattern: anyText, maxLength: 4000 }),
  priceCents: Type.Integer({ minimum: 0, maximum: maxInteger }),
  stock: Type.Integer({ minimum: 0, maximum: maxInteger }),
}

export const productSchema = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  ...fields,
  currency: Type.Literal(currency),
  version: Type.Integer({ minimum: 1, description: 'grows by one with every change' }),
  updatedAt: Type.String({ description: 'ISO 8601, UTC' }),
})

/** The slug may be left out: it is then made from the name. */
export const newProductSchema = Type.Object(
  { ...fields, slug: Type.Optional(fields.slug) },
  { additionalProperties: false },
)

/** PUT replaces everything a client may set. */
export const replaceProductSchema = Type.Object(fields, { additionalProperties: false })

/** JSON Merge Patch (RFC 7396). Only the slug can be removed: it is then made from the name, as for a new product. */
export const patchProductSchema = Type.Partial(
  Type.Object({ ...fields, slug: Type.Union([fields.slug, Type.Null()]) }),
  { additionalProperties: false, minProperties: 1 },
)

export const productQuerySchema = Type.Object(
  {
    ...pageQueryProperties,
    q: Type.Optional(
      Type.String({ pattern: visibleText, maxLength: 100, description: 'words that name or description must contain' }),
    ),
  },
  { additionalProperties: false },
)

export const productListSchema = Type.Object({
  products: Type.Array(productSchema),
  ...nextCursorProperty,
})

export type Product = Static<typeof productSchema>
export type NewProduct = Static<typeof newProductSchema>
export type ReplaceProduct = Static<typeof replaceProductSchema>
export type PatchProduct = Static<typeof patchProductSchema>
export type ProductQuery = Static<typeof productQuerySchema>
export type ProductList = Static<typeof productListSchema>
