/** Placing an order and finding it again, with all that has to happen around the transaction. */
import type { NewOrder, Order } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { formatTraceParent, type TraceParent } from '@roundtrip/http'
import type { Consistency, Database, Queryable } from '@roundtrip/postgres'
import type { Visit } from '../http/visit.ts'
import type { Catalogue } from './catalogue.ts'
import { once, type IdempotencyKey } from './idempotency.ts'
import { findOrder, placeOrder } from './orders.ts'

export interface Placing {
  readonly trace: TraceParent
  readonly visit: Visit
  /** Without one, placing an order twice makes two. */
  readonly key?: IdempotencyKey | undefined
}

export interface Placed {
  readonly order: Order
  /** It had been placed under this key before. */
  readonly isReplay: boolean
}

export interface Checkout {
  /**
   * @throws RoundtripError `UNPROCESSABLE`, `OUT_OF_STOCK`, `IDEMPOTENCY_KEY_IN_FLIGHT`, `IDEMPOTENCY_KEY_REUSED`, or what
   *   the database throws
   */
  place(order: NewOrder, placing: Placing): Promise<Placed>
  /** @throws RoundtripError `NOT_FOUND` */
  find(id: string, visit: Visit): Promise<Order>
}

export interface CheckoutOptions {
  readonly database: Database
  readonly catalogue: Catalogue
  /** Called when a mail is waiting in the outbox. */
  readonly mailWaits: () => void
}

export const createCheckout = ({ database, catalogue, mailWaits }: CheckoutOptions): Checkout => ({
  place: async (order, placing) => {
    const { visit } = placing
    let lsn = ''
    const placed = await visit.timings.database(async () => {
      const committed = await database.write((tx) => placeOnce(tx, order, placing), visit)
      lsn = committed.lsn
      return committed
    })
    visit.wrote(lsn)
    // After a replay as well: whoever placed the order may have died before it came to this.
    mailWaits()
    await catalogue.changed(
      placed.order.lines.map(({ productId }) => productId),
      lsn,
    )
    return placed
  },
  find: async (id, visit) => {
    const findAt = (consistency: Consistency): Promise<Order | undefined> =>
      visit.timings.database(() => database.read(consistency, (queryable) => findOrder(queryable, id), visit))
    // Whoever was handed the link has no position of their own, and may come sooner than the replica knows of the order.
    const found = (await findAt(visit.consistency)) ?? (await findAt('strong'))
    if (found === undefined) throw new RoundtripError('NOT_FOUND', 'There is no such order.')
    return found
  },
})

const placeOnce = async (transaction: Queryable, order: NewOrder, { key, trace }: Placing): Promise<Placed> => {
  const place = (): Promise<Order> => placeOrder(transaction, order, formatTraceParent(trace))
  if (key === undefined) return { order: await place(), isReplay: false }
  const { response, isReplay } = await once(transaction, key, asAsked(order), place)
  return { order: response, isReplay }
}

/** The order in one form, in whatever sequence its fields came. */
const asAsked = ({ name, email, lines }: NewOrder): unknown => [
  name,
  email,
  lines.map(({ productId, quantity }) => [productId, quantity]),
]
