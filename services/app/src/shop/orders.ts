/** Orders in SQL: stock, order, lines and the mail to send are one transaction. */
import { currency, type NewOrder, type Order, type OrderLine } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import type { Queryable } from '@roundtrip/postgres'
import { addOrderConfirmation } from './outbox.ts'

interface Stocked {
  readonly id: number
  readonly name: string
  readonly price_cents: number
  readonly stock: number
}

/** Who wants to see an order. */
export interface OrderReader {
  /** The user's id; undefined when nobody has signed in. */
  readonly id: string | undefined
  readonly isStaff: boolean
}

/**
 * Takes the goods from stock and writes the order and its mail.
 * @param userId whose order it is; undefined: of whoever knows its id
 * @param traceparent of the request, for the mail
 * @throws RoundtripError `UNPROCESSABLE` for an unknown product, `OUT_OF_STOCK` when there is not enough of one
 */
export const placeOrder = async (
  transaction: Queryable,
  order: NewOrder,
  userId: string | undefined,
  traceparent: string,
): Promise<Order> => {
  const quantities = quantityByProduct(order)
  const lines = linesFrom(quantities, await lockStock(transaction, [...quantities.keys()]))
  const totalCents = lines.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0)
  const { id, placedAt } = await insertOrder(transaction, order, userId, totalCents)
  await insertLines(transaction, id, lines)
  await takeFromStock(transaction, lines)
  const placed: Order = {
    id,
    name: order.name,
    email: order.email,
    status: 'placed',
    lines,
    totalCents,
    currency,
    placedAt,
  }
  await addOrderConfirmation(transaction, placed, traceparent)
  return placed
}

/** How an order stands, in SQL. */
export const orderStatus = `case when cancelled_at is null then status else 'cancelled' end as status`

/** An order of an account is seen by that account and by staff; any other one by whoever knows its id. In SQL, `$2` and `$3`. */
export const visible = '(orders.user_id is null or orders.user_id = $2 or $3)'

export const visibleTo = ({ id, isStaff }: OrderReader): readonly unknown[] => [id, isStaff]

export const findOrder = async (queryable: Queryable, id: string, reader: OrderReader): Promise<Order | undefined> => {
  const [row] = await queryable.query<Omit<Order, 'currency' | 'placedAt'> & { placedAt: Date }>(
    `select orders.id, orders.name, email, ${orderStatus}, total_cents::float8 as "totalCents", placed_at as "placedAt",
       json_agg(json_build_object('productId', product_id, 'name', order_lines.name, 'quantity', quantity,
         'unitPriceCents', unit_price_cents) order by position) as lines
     from orders join order_lines on order_id = orders.id where orders.id = $1 and ${visible} group by orders.id`,
    [id, ...visibleTo(reader)],
  )
  return row && { ...row, currency, placedAt: row.placedAt.toISOString() }
}

/** One product on two lines is one line: it must not be checked against the stock twice. */
const quantityByProduct = ({ lines }: NewOrder): Map<number, number> => {
  const quantities = new Map<number, number>()
  for (const { productId, quantity } of lines) quantities.set(productId, (quantities.get(productId) ?? 0) + quantity)
  return quantities
}

/** In the order of their ids: two orders for the same products then wait for each other instead of deadlocking. */
export const lockStock = async (transaction: Queryable, ids: readonly number[]): Promise<Map<number, Stocked>> => {
  const rows = await transaction.query<Stocked>(
    `select id, name, price_cents, stock from products where id = any($1::int[]) and deleted_at is null
     order by id for update`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

const linesFrom = (quantities: Map<number, number>, stock: Map<number, Stocked>): OrderLine[] =>
  [...quantities].map(([productId, quantity]) => {
    const product = stock.get(productId)
    if (product === undefined) {
      throw new RoundtripError('UNPROCESSABLE', `There is no product ${productId}.`, { details: { productId } })
    }
    if (product.stock < quantity) {
      throw new RoundtripError('OUT_OF_STOCK', `Only ${product.stock} of ${product.name} left.`, {
        details: { productId, left: product.stock },
      })
    }
    return { productId, name: product.name, quantity, unitPriceCents: product.price_cents }
  })

const insertOrder = async (
  transaction: Queryable,
  { name, email }: NewOrder,
  userId: string | undefined,
  totalCents: number,
) => {
  const [row] = await transaction.query<{ id: string; placed_at: Date }>(
    'insert into orders (user_id, name, email, total_cents) values ($1, $2, $3, $4) returning id, placed_at',
    [userId, name, email, totalCents],
  )
  if (row === undefined) throw new Error('insert returned no row')
  return { id: row.id, placedAt: row.placed_at.toISOString() }
}

const insertLines = async (transaction: Queryable, orderId: string, lines: readonly OrderLine[]): Promise<void> => {
  await transaction.query(
    `insert into order_lines (order_id, position, product_id, name, quantity, unit_price_cents)
     select $1, line.position, line.product_id, line.name, line.quantity, line.unit_price_cents
     from unnest($2::int[], $3::text[], $4::int[], $5::int[])
       with ordinality as line (product_id, name, quantity, unit_price_cents, position)`,
    [
      orderId,
      lines.map(({ productId }) => productId),
      lines.map(({ name }) => name),
      lines.map(({ quantity }) => quantity),
      lines.map(({ unitPriceCents }) => unitPriceCents),
    ],
  )
}

const takeFromStock = async (transaction: Queryable, lines: readonly OrderLine[]): Promise<void> => {
  await transaction.query(
    `update products set stock = stock - line.quantity, version = version + 1, updated_at = now()
     from unnest($1::int[], $2::int[]) as line (product_id, quantity) where products.id = line.product_id`,
    [lines.map(({ productId }) => productId), lines.map(({ quantity }) => quantity)],
  )
}
