/** Carts in SQL. Who changes one holds its row until the transaction ends: changes of a cart come one after the other. */
import { currency, maxOrderLines, maxQuantity, type Cart, type CartItem } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import type { Queryable } from '@roundtrip/postgres'
import type { CartOwner } from './cart-owner.ts'
import { lockStock } from './orders.ts'

/** A visitor's cart that nobody has touched for so long is removed. */
export const abandonedCartSeconds = 30 * 86_400

const ownership = (owner: CartOwner): readonly [column: string, value: unknown] =>
  owner.kind === 'account' ? ['user_id', owner.userId] : ['token_hash', owner.tokenHash]

/** What is in the cart, at the prices of the moment. What is no longer sold has left it. */
export const findCart = async (queryable: Queryable, owner: CartOwner): Promise<Cart> => {
  const [column, value] = ownership(owner)
  const rows = await queryable.query<{ version: number; items: CartItem[] | null }>(
    `select version, (
       select json_agg(json_build_object('productId', products.id, 'slug', slug, 'name', name, 'quantity', quantity,
         'unitPriceCents', price_cents, 'available', stock >= quantity) order by added_at, products.id)
       from cart_items join products on products.id = product_id and deleted_at is null where cart_id = carts.id) as items
     from carts where ${column} = $1`,
    [value],
  )
  return asCart(rows[0]?.version ?? 0, rows[0]?.items ?? [])
}

/** Of somebody who has never put anything in. */
export const noCart: Cart = { version: 0, items: [], totalCents: 0, currency }

const asCart = (version: number, items: CartItem[]): Cart => {
  const totalCents = items.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0)
  return { version, items, totalCents, currency }
}

export interface OpenCart {
  readonly id: string
  /** As it was before the change. */
  readonly cart: Cart
}

/** For a change: makes the cart when there is none, locks it, and gives it its next version. */
export const openCart = async (transaction: Queryable, owner: CartOwner): Promise<OpenCart> =>
  asBefore(transaction, owner, await lockCart(transaction, owner))

/** For an order: what is in it is locked as well, so that neither prices nor stock change until the transaction ends. */
export const openCartForOrder = async (transaction: Queryable, owner: CartOwner): Promise<OpenCart> => {
  const id = await lockCart(transaction, owner)
  const items = await transaction.query<{ productId: number }>(
    'select product_id as "productId" from cart_items where cart_id = $1',
    [id],
  )
  await lockStock(
    transaction,
    items.map(({ productId }) => productId),
  )
  return asBefore(transaction, owner, id)
}

const lockCart = async (transaction: Queryable, owner: CartOwner): Promise<string> => {
  const [column, value] = ownership(owner)
  const [row] = await transaction.query<{ id: string }>(
    `insert into carts (${column}) values ($1)
     on conflict (${column}) do update set version = carts.version + 1, touched_at = now() returning id`,
    [value],
  )
  if (row === undefined) throw new Error('insert returned no row')
  return row.id
}

const asBefore = async (transaction: Queryable, owner: CartOwner, id: string): Promise<OpenCart> => {
  const { version, ...cart } = await findCart(transaction, owner)
  return { id, cart: { version: version - 1, ...cart } }
}

/** Puts so many pieces in, whatever there were. @throws RoundtripError `NOT_FOUND`, `UNPROCESSABLE` for too many products */
export const setItem = (transaction: Queryable, cartId: string, productId: number, quantity: number): Promise<void> =>
  putItem(transaction, [cartId, productId, quantity], 'excluded.quantity')

/** Puts so many pieces more in, as far as an order may have them. @throws as `setItem` */
export const addItem = (transaction: Queryable, cartId: string, productId: number, quantity: number): Promise<void> =>
  putItem(transaction, [cartId, productId, quantity], `least(${maxQuantity}, cart_items.quantity + excluded.quantity)`)

const putItem = async (transaction: Queryable, values: readonly unknown[], quantity: string): Promise<void> => {
  const [added] = await transaction.query<{ others: number }>(
    `insert into cart_items (cart_id, product_id, quantity)
     select $1::uuid, id, $3::int from products where id = $2 and deleted_at is null
     on conflict (cart_id, product_id) do update set quantity = ${quantity}
     returning (select count(*)::int from cart_items as others where others.cart_id = $1 and others.product_id <> $2) as others`,
    values,
  )
  if (added === undefined) throw new RoundtripError('NOT_FOUND', 'There is no such product.')
  if (added.others >= maxOrderLines)
    throw new RoundtripError('UNPROCESSABLE', `A cart holds ${maxOrderLines} different products at most.`)
}

export const removeItem = async (transaction: Queryable, cartId: string, productId: number): Promise<void> => {
  await transaction.query('delete from cart_items where cart_id = $1 and product_id = $2', [cartId, productId])
}

export const emptyCart = async (transaction: Queryable, cartId: string): Promise<void> => {
  await transaction.query('delete from cart_items where cart_id = $1', [cartId])
}

/**
 * What a visitor has in their cart goes into that of their account; of a product that is in both, all pieces that an
 * order may have. Of too many products those stay that came last.
 */
export const adoptCart = async (transaction: Queryable, visitor: CartOwner, account: CartOwner): Promise<void> => {
  const [column, value] = ownership(visitor)
  const [left] = await transaction.query<{ id: string }>(`select id from carts where ${column} = $1 for update`, [
    value,
  ])
  if (left === undefined) return
  const id = await lockCart(transaction, account)
  await transaction.query(
    `insert into cart_items (cart_id, product_id, quantity, added_at)
     select $1, product_id, quantity, added_at from cart_items where cart_id = $2
     on conflict (cart_id, product_id) do update set quantity = least($3, cart_items.quantity + excluded.quantity),
       added_at = greatest(cart_items.added_at, excluded.added_at)`,
    [id, left.id, maxQuantity],
  )
  await transaction.query(
    `delete from cart_items where cart_id = $1 and product_id in (
       select product_id from cart_items where cart_id = $1 order by added_at desc, product_id offset $2)`,
    [id, maxOrderLines],
  )
  await transaction.query('delete from carts where id = $1', [left.id])
}

/** Removes the visitors' carts that were left alone longest. @returns how many they were, at most `limit` */
export const removeAbandonedCarts = async (
  transaction: Queryable,
  ageSeconds: number,
  limit: number,
): Promise<number> => {
  const removed = await transaction.query(
    `delete from carts where id in (
       select id from carts where user_id is null and touched_at < now() - make_interval(secs => $1)
       order by touched_at limit $2 for update skip locked) returning 1`,
    [ageSeconds, limit],
  )
  return removed.length
}

export const nothingToOrder = (): RoundtripError => new RoundtripError('UNPROCESSABLE', 'There is nothing in the cart.')
