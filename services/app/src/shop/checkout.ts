/** Placing an order and finding it again, with all that has to happen around the transaction. */
import type { NewOrder, Order } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { formatTraceParent, type TraceParent } from '@roundtrip/http'
import type { Database } from '@roundtrip/postgres'
import type { Timings } from '../http/timings.ts'
import type { Catalogue } from './catalogue.ts'
import { findOrder, placeOrder } from './orders.ts'

export interface Checkout {
  /** @throws RoundtripError `UNPROCESSABLE`, `CONFLICT`, or what the database throws */
  place(order: NewOrder, trace: TraceParent, timings: Timings): Promise<Order>
  /** @throws RoundtripError `NOT_FOUND` */
  find(id: string, timings: Timings): Promise<Order>
}

export interface CheckoutOptions {
  readonly database: Database
  readonly catalogue: Catalogue
  /** Called when a mail is waiting in the outbox. */
  readonly mailWaits: () => void
}

export const createCheckout = ({ database, catalogue, mailWaits }: CheckoutOptions): Checkout => ({
  place: async (order, trace, timings) => {
    let lsn = ''
    const placed = await timings.database(async () => {
      const committed = await database.write((tx) => placeOrder(tx, order, formatTraceParent(trace)))
      lsn = committed.lsn
      return committed
    })
    mailWaits()
    await catalogue.changed(
      placed.lines.map(({ productId }) => productId),
      lsn,
    )
    return placed
  },
  find: async (id, timings) => {
    // A customer looks at the order right after placing it: maybe sooner than the replica knows of it.
    const found =
      (await timings.database(() => database.read('eventual', (queryable) => findOrder(queryable, id)))) ??
      (await timings.database(() => database.read('strong', (queryable) => findOrder(queryable, id))))
    if (found === undefined) throw new RoundtripError('NOT_FOUND', 'There is no such order.')
    return found
  },
})
