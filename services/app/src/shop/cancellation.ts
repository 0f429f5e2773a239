/** Cancellations of orders, in SQL: the stock is given back in the same transaction, once. */
import type { Order } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import type { Queryable } from '@roundtrip/postgres'
import { findOrder, visible, visibleTo, type OrderReader } from './orders.ts'

/** @throws RoundtripError `NOT_FOUND` for an order that the reader cannot see */
export const cancelOrder = async (transaction: Queryable, id: string, reader: OrderReader): Promise<Order> => {
  const [row] = await transaction.query<{ isCancelled: boolean }>(
    `select cancelled_at is not null as "isCancelled" from orders where id = $1 and ${visible} for update`,
    [id, ...visibleTo(reader)],
  )
  if (row?.isCancelled === false) {
    await transaction.query('update orders set cancelled_at = now() where id = $1', [id])
    await giveBack(transaction, id)
  }
  const order = row && (await findOrder(transaction, id, reader))
  if (order === undefined) throw new RoundtripError('NOT_FOUND', 'There is no such order.')
  return order
}

/** Locks in the order of the products' ids, as orders do: nobody waits for each other. */
const giveBack = async (transaction: Queryable, id: string): Promise<void> => {
  await transaction.query(
    `select from products where id in (select product_id from order_lines where order_id = $1) order by id for update`,
    [id],
  )
  await transaction.query(
    `update products set stock = least(stock::bigint + quantity, 2147483647)::integer, version = version + 1, updated_at = now()
     from order_lines where order_id = $1 and products.id = product_id`,
    [id],
  )
}
