/** Products in SQL. Functions that write run in their caller's transaction. */
import { currency, type NewProduct, type Product } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { violatedUniqueIndex, type Queryable } from '@roundtrip/postgres'
import { pageOf } from './cursor.ts'
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

export interface ProductSearch {
  readonly limit: number
  /** The id of the last product of the page before; 0 for the first page. */
  readonly after: number
  /** Words. */
  readonly q?: string | undefined
}

export interface ProductPage {
  readonly products: Product[]
  /** The place of the last product, if another page follows. */
  readonly next?: string
}

/** The list that cursors for products belong to. */
export const productList = 'products'

export const listProducts = async (queryable: Queryable, { limit, after, q }: ProductSearch): Promise<ProductPage> => {
  const values = [after, limit + 1, ...(q === undefined ? [] : [q])]
  const matching = q === undefined ? '' : "and search @@ websearch_to_tsquery('english', $3)"
  const rows = await queryable.query<ProductRow>(
    `select ${columns} from products where id > $1 and deleted_at is null ${matching} order by id limit $2`,
    values,
  )
  const { page, last } = pageOf(rows, limit)
  return { products: page.map(toProduct), ...(last && { next: String(last.id) }) }
}

/** Null rather than undefined: the absence is cached as well, and must survive JSON. */
export const findProduct = async (
  queryable: Queryable,
  by: { readonly id: number } | { readonly slug: string },
): Promise<Product | null> => {
  const [column, value] = 'id' in by ? (['id', by.id] as const) : (['slug', by.slug] as const)
  const [row] = await queryable.query<ProductRow>(
    `select ${columns} from products where ${column} = $1 and deleted_at is null`,
    [value],
  )
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

/** Makes of a product what `change` says, which sees the state that it changes: nobody else's change comes between. */
export const updateProduct = async (
  transaction: Queryable,
  id: number,
  mayChange: Precondition,
  change: (current: Product) => NewProduct,
): Promise<Product> => {
  const current = await lockProduct(transaction, id)
  mayChange(current)
  return overwrite(transaction, id, change(current))
}

/** Afterwards nobody can order it. Orders go on naming it, and it can be restored. */
export const deleteProduct = async (transaction: Queryable, id: number, mayChange: Precondition): Promise<void> => {
  mayChange(await lockProduct(transaction, id))
  // A tilde is in no slug that a client can choose: the name is free for another product.
  await transaction.query(
    `update products set deleted_at = now(), slug = slug || '~' || id, version = version + 1, updated_at = now()
     where id = $1`,
    [id],
  )
}

/**
 * Brings back what was deleted. Versions go on where they ended: no entity tag stands for two states.
 * @param mayReplace asked when the product is there after all
 * @throws RoundtripError `NOT_FOUND` for an id that no product has had: ids are given out here
 */
export const restoreProduct = async (
  transaction: Queryable,
  id: number,
  mayReplace: Precondition,
  product: NewProduct,
): Promise<Product> => {
  const [row] = await transaction.query<ProductRow & { is_deleted: boolean }>(
    `select ${columns}, deleted_at is not null as is_deleted from products where id = $1 for update`,
    [id],
  )
  const { is_deleted: isDeleted, ...current } = found(row)
  if (!isDeleted) mayReplace(toProduct(current))
  return overwrite(transaction, id, product)
}

const overwrite = async (transaction: Queryable, id: number, product: NewProduct): Promise<Product> => {
  const slug = product.slug ?? slugOf(product.name)
  const [row] = await orSlugConflict(
    slug,
    transaction.query<ProductRow>(
      `update products set slug = $2, name = $3, description = $4, price_cents = $5, stock = $6, deleted_at = null,
         version = version + 1, updated_at = now() where id = $1 returning ${columns}`,
      [id, slug, product.name, product.description, product.priceCents, product.stock],
    ),
  )
  return toProduct(found(row))
}

const lockProduct = async (transaction: Queryable, id: number): Promise<Product> => {
  const [row] = await transaction.query<ProductRow>(
    `select ${columns} from products where id = $1 and deleted_at is null for update`,
    [id],
  )
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
