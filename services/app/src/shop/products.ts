/** Products in SQL. Functions that write run in their caller's transaction. */
import {
  currency,
  type NewProduct,
  type PatchProduct,
  type Product,
  type ProductList,
  type ProductQuery,
} from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { violatedUniqueIndex, type Queryable } from '@roundtrip/postgres'
import { decodeCursor, pageOf } from './cursor.ts'
import { slugOf } from './slug.ts'

interface ProductRow {
  readonly id: number
  readonly slug: string
  readonly name: string
  readonly description: string
  readonly price_cents: number
  readonly stock: number
  readonly version: number
  readonly updated_at: Date
}

const columns = 'id, slug, name, description, price_cents, stock, version, updated_at'

const toProduct = ({ price_cents: priceCents, updated_at: updatedAt, ...row }: ProductRow): Product => ({
  ...row,
  priceCents,
  currency,
  updatedAt: updatedAt.toISOString(),
})

export const listProducts = async (queryable: Queryable, query: ProductQuery): Promise<ProductList> => {
  const { limit, cursor, q } = query
  const values = [decodeCursor(cursor), limit + 1, ...(q === undefined ? [] : [q])]
  const matching = q === undefined ? '' : "and search @@ websearch_to_tsquery('english', $3)"
  const rows = await queryable.query<ProductRow>(
    `select ${columns} from products where id > $1 ${matching} order by id limit $2`,
    values,
  )
  const { page, ...next } = pageOf(rows, limit)
  return { products: page.map(toProduct), ...next }
}

/** Null rather than undefined: the absence is cached as well, and must survive JSON. */
export const findProduct = async (
  queryable: Queryable,
  by: { readonly id: number } | { readonly slug: string },
): Promise<Product | null> => {
  const [column, value] = 'id' in by ? (['id', by.id] as const) : (['slug', by.slug] as const)
  const [row] = await queryable.query<ProductRow>(`select ${columns} from products where ${column} = $1`, [value])
  return row === undefined ? null : toProduct(row)
}

export const insertProduct = async (transaction: Queryable, product: NewProduct): Promise<Product> => {
  const slug = product.slug ?? slugOf(product.name)
  const [row] = await orSlugConflict(
    slug,
    transaction.query<ProductRow>(
      `insert into products (slug, name, description, price_cents, stock) values ($1, $2, $3, $4, $5) returning ${columns}`,
      [slug, product.name, product.description, product.priceCents, product.stock],
    ),
  )
  return toProduct(found(row))
}

/** Decides on the current state whether the change may go on; throws when not. */
export type Precondition = (current: Product) => void

/** Sets the given fields and leaves the others as they are. */
export const updateProduct = async (
  transaction: Queryable,
  id: number,
  fields: PatchProduct,
  mayChange: Precondition,
): Promise<Product> => {
  mayChange(await lockProduct(transaction, id))
  const [row] = await orSlugConflict(
    fields.slug ?? '',
    transaction.query<ProductRow>(
      `update products set slug = coalesce($2, slug), name = coalesce($3, name), description = coalesce($4, description),
         price_cents = coalesce($5, price_cents), stock = coalesce($6, stock), version = version + 1, updated_at = now()
       where id = $1 returning ${columns}`,
      [id, fields.slug, fields.name, fields.description, fields.priceCents, fields.stock],
    ),
  )
  return toProduct(found(row))
}

export const deleteProduct = async (transaction: Queryable, id: number, mayChange: Precondition): Promise<void> => {
  mayChange(await lockProduct(transaction, id))
  await transaction.query('delete from products where id = $1', [id])
}

const lockProduct = async (transaction: Queryable, id: number): Promise<Product> => {
  const [row] = await transaction.query<ProductRow>(`select ${columns} from products where id = $1 for update`, [id])
  return toProduct(found(row))
}

const found = <Row>(row: Row | undefined): Row => {
  if (row === undefined) throw new RoundtripError('NOT_FOUND')
  return row
}

const orSlugConflict = async <T>(slug: string, query: Promise<T>): Promise<T> => {
  try {
    return await query
  } catch (error) {
    if (violatedUniqueIndex(error) !== 'products_slug_unique') throw error
    throw new RoundtripError('CONFLICT', `The slug ${slug} belongs to another product; choose another one.`, {
      cause: error,
    })
  }
}
