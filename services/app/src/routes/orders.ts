/** Orders: place one, look at it, cancel it; and the list of one's own. */
import {
  newOrderSchema,
  orderIdSchema,
  orderListSchema,
  orderSchema,
  pageQuerySchema,
  type OrderSummary,
  type PageQuery,
} from '@roundtrip/contracts'
import type { Database } from '@roundtrip/postgres'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Account } from '../auth/account.ts'
import { hasRole, requires, signedIn } from '../auth/requires.ts'
import { nextPage } from '../http/next-page.ts'
import { readFor } from '../http/read-for.ts'
import type { AppServer } from '../http/server.ts'
import { shopperOf } from '../http/shopper.ts'
import { visitOf } from '../http/visit.ts'
import type { Checkout } from '../shop/checkout.ts'
import type { Cursors } from '../shop/cursor.ts'
import { formatPlace, listOrders, orderListOf, parsePlace } from '../shop/order-list.ts'
import type { OrderReader } from '../shop/orders.ts'
import { keyedHeaders, keyIn, placedResponses, placingOf, sendPlaced } from './placing.ts'

export interface OrderRoutesOptions {
  readonly checkout: Checkout
  readonly database: Database
  readonly cursors: Cursors
}

const params = Type.Object({ id: orderIdSchema })

/** @throws as `shopperOf` */
export const readerOf = (request: FastifyRequest): OrderReader => {
  const account = shopperOf(request)
  return { id: account?.id, isStaff: account !== undefined && hasRole(account, 'staff') }
}

export const orderRoutes = (app: AppServer, options: OrderRoutesOptions): void => {
  const { checkout } = options
  app.post(
    '/api/orders',
    { schema: { summary: 'Place an order', headers: keyedHeaders, body: newOrderSchema, response: placedResponses } },
    async (request, reply) => {
      const key = keyIn(request.headers['idempotency-key'])
      return sendPlaced(reply, await checkout.place(request.body, placingOf(request, key)))
    },
  )
  ownOrders(app, options)
  app.get(
    '/api/orders/:id',
    { schema: { summary: 'Get an order', params, response: { 200: orderSchema } } },
    async (request) => checkout.find(request.params.id, readerOf(request), visitOf(request)),
  )
  app.post(
    '/api/orders/:id/cancellation',
    { schema: { summary: 'Cancel an order; once more changes nothing', params, response: { 200: orderSchema } } },
    async (request) => checkout.cancel(request.params.id, readerOf(request), visitOf(request)),
  )
}

const ownOrders = (app: AppServer, options: OrderRoutesOptions): void => {
  app.get(
    '/api/orders',
    {
      onRequest: requires('customer'),
      schema: { summary: 'List your orders', querystring: pageQuerySchema, response: { 200: orderListSchema } },
    },
    async (request, reply) => {
      const { orders, next } = await ordersOf(signedIn(request), request, options)
      return { orders, ...nextPage(request, reply, next) }
    },
  )
}

/** A page of what an account has ordered. @returns with the cursor of the next page, if there is one */
export const ordersOf = async (
  { id: userId }: Account,
  request: FastifyRequest,
  { database, cursors }: Pick<OrderRoutesOptions, 'database' | 'cursors'>,
): Promise<{ readonly orders: OrderSummary[]; readonly next: string | undefined }> => {
  const { limit, cursor } = request.query as PageQuery
  const list = orderListOf(userId)
  const after = cursor === undefined ? undefined : parsePlace(cursors.placeOf(list, cursor))
  const { orders, next } = await readFor(visitOf(request), database, (queryable) =>
    listOrders(queryable, { userId, limit, after }),
  )
  return { orders, next: next && cursors.at(list, formatPlace(next)) }
}
