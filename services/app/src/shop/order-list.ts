/** The orders of an account in SQL, the latest first. */
import { currency, type OrderSummary } from '@roundtrip/contracts'
import type { Queryable } from '@roundtrip/postgres'
import { pageOf } from './cursor.ts'
import { orderStatus } from './orders.ts'

/** Where a page begins: orders can be of the same moment, so it takes both. */
export interface OrderPlace {
  /** Microseconds since 1970: all that Postgres keeps of a moment, which `Date` does not. */
  readonly placedAtUs: string
  readonly id: string
}

/** Each account has a list of its own; cursors of one are worth nothing in another. */
export const orderListOf = (userId: string): string => `orders of ${userId}`

export const formatPlace = ({ placedAtUs, id }: OrderPlace): string => `${placedAtUs} ${id}`

export const parsePlace = (place: string): OrderPlace => {
  const [placedAtUs = '', id = ''] = place.split(' ')
  return { placedAtUs, id }
}

export interface OrderSearch {
  readonly userId: string
  readonly limit: number
  /** The last order of the page before; undefined for the first page. */
  readonly after: OrderPlace | undefined
}

interface OrderRow {
  readonly id: string
  readonly status: OrderSummary['status']
  readonly totalCents: number
  readonly placedAt: Date
  readonly placedAtUs: string
}

export const listOrders = async (
  queryable: Queryable,
  { userId, limit, after }: OrderSearch,
): Promise<{ readonly orders: OrderSummary[]; readonly next: OrderPlace | undefined }> => {
  const following = `and (placed_at, id) < (timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4::uuid)`
  const rows = await queryable.query<OrderRow>(
    `select id, ${orderStatus}, total_cents::float8 as "totalCents", placed_at as "placedAt",
       (extract(epoch from placed_at) * 1000000)::bigint::text as "placedAtUs"
     from orders where user_id = $1 ${after === undefined ? '' : following} order by placed_at desc, id desc limit $2`,
    [userId, limit + 1, ...(after === undefined ? [] : [after.placedAtUs, after.id])],
  )
  const { page, last } = pageOf(rows, limit)
  return {
    orders: page.map(({ id, status, totalCents, placedAt }) => ({
      id,
      status,
      totalCents,
      currency,
      placedAt: placedAt.toISOString(),
    })),
    next: last && { placedAtUs: last.placedAtUs, id: last.id },
  }
}
