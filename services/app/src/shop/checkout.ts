/** Placing an order and finding it again, with all that has to happen around the transaction. */
import type { Cart, Customer, NewOrder, Order } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { formatTraceParent, type TraceParent } from '@roundtrip/http'
import type { Database, Queryable } from '@roundtrip/postgres'
import { readFor } from '../http/read-for.ts'
import type { Visit } from '../http/visit.ts'
import { writeFor } from '../http/write-for.ts'
import { cancelOrder } from './cancellation.ts'
import type { CartOwner } from './cart-owner.ts'
import { emptyCart, nothingToOrder, openCartForOrder } from './carts.ts'
import type { Catalogue } from './catalogue.ts'
import { once, type IdempotencyKey } from './idempotency.ts'
import { findOrder, placeOrder, type OrderReader } from './orders.ts'

export interface Placing {
  readonly trace: TraceParent
  readonly visit: Visit
  /** The user's id; undefined: the order is of whoever knows its id. */
  readonly userId?: string | undefined
  /** Without one, placing an order twice makes two. */
  readonly key?: IdempotencyKey | undefined
}

export interface Placed {
  readonly order: Order
  /** It had been placed under this key before. */
  readonly isReplay: boolean
}

/** What is in a cart is to be ordered. */
export interface CartOrder {
  readonly customer: Customer
  readonly owner: CartOwner
  /** Called under the locks of the cart and its products: throws when the customer has not seen it so. */
  readonly mayOrder: (cart: Cart) => void
}

export interface Checkout {
  /**
   * @throws RoundtripError `UNPROCESSABLE`, `OUT_OF_STOCK`, `IDEMPOTENCY_KEY_IN_FLIGHT`, `IDEMPOTENCY_KEY_REUSED`, or what
   *   the database throws
   */
  place(order: NewOrder, placing: Placing): Promise<Placed>
  /** The order and the emptied cart are one transaction. @throws as `place`, and what `mayOrder` throws */
  placeCart(order: CartOrder, placing: Placing): Promise<Placed>
  /** Gives the stock back, once. @throws RoundtripError `NOT_FOUND`, or what the database throws */
  cancel(id: string, reader: OrderReader, visit: Visit): Promise<Order>
  /** @throws RoundtripError `NOT_FOUND` */
  find(id: string, reader: OrderReader, visit: Visit): Promise<Order>
}

export interface CheckoutOptions {
  readonly database: Database
  readonly catalogue: Catalogue
  /** Called when a mail is waiting in the outbox. */
  readonly mailWaits: () => void
}

export const createCheckout = ({ database, catalogue, mailWaits }: CheckoutOptions): Checkout => {
  /** Writes, and tells all who show what was changed: the visitor's own next request sees it. */
  const change = async <T>(
    visit: Visit,
    work: (transaction: Queryable) => Promise<T>,
    orderOf: (value: T) => Order,
  ): Promise<T> => {
    const { value, lsn } = await writeFor(visit, database, work)
    const ids = orderOf(value).lines.map(({ productId }) => productId)
    await catalogue.changed(ids, lsn)
    return value
  }

  const place = async (placing: Placing, asked: unknown, wanted: Wanted): Promise<Placed> => {
    const placed = await change(
      placing.visit,
      (transaction) => placeOnce(transaction, placing, asked, wanted),
      ({ order }) => order,
    )
    // After a replay as well: whoever placed the order may have died before it came to this.
    mailWaits()
    return placed
  }

  return {
    place: (order, placing) => place(placing, asAsked(order), async () => order),
    placeCart: (order, placing) =>
      place(placing, ['cart', order.customer.name, order.customer.email], (transaction) =>
        takeCart(transaction, order),
      ),
    cancel: (id, reader, visit) =>
      change(
        visit,
        (transaction) => cancelOrder(transaction, id, reader),
        (order) => order,
      ),
    find: async (id, reader, visit) => {
      const look = (isStrong: boolean): Promise<Order | undefined> =>
        readFor(visit, database, (queryable) => findOrder(queryable, id, reader), { isStrong })
      // Whoever was handed the link has no position of their own, and may come sooner than the replica knows of the order.
      const found = (await look(false)) ?? (await look(true))
      if (found === undefined) throw new RoundtripError('NOT_FOUND', 'There is no such order.')
      return found
    },
  }
}

/** What to order; asked for in the transaction, when it is sure that the order was not placed before. */
type Wanted = (transaction: Queryable) => Promise<NewOrder>

const placeOnce = async (
  transaction: Queryable,
  { key, trace, userId }: Placing,
  asked: unknown,
  wanted: Wanted,
): Promise<Placed> => {
  const place = async (): Promise<Order> =>
    placeOrder(transaction, await wanted(transaction), userId, formatTraceParent(trace))
  if (key === undefined) return { order: await place(), isReplay: false }
  const { response, isReplay } = await once(transaction, key, asked, place)
  return { order: response, isReplay }
}

/** The order in one form, in whatever sequence its fields came. */
const asAsked = ({ name, email, lines }: NewOrder): unknown => [
  name,
  email,
  lines.map(({ productId, quantity }) => [productId, quantity]),
]

/** Takes everything out of the cart. Its products are locked first: what is checked here is what will be paid. */
const takeCart = async (transaction: Queryable, { customer, owner, mayOrder }: CartOrder): Promise<NewOrder> => {
  const { id, cart } = await openCartForOrder(transaction, owner)
  mayOrder(cart)
  if (cart.items.length === 0) throw nothingToOrder()
  await emptyCart(transaction, id)
  return { ...customer, lines: cart.items.map(({ productId, quantity }) => ({ productId, quantity })) }
}
