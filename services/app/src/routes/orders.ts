/** Orders: place one, look at it. */
import { newOrderSchema, orderIdSchema, orderSchema } from '@roundtrip/contracts'
import { Type } from 'typebox'
import { notStored, privateToClient } from '../http/cache-control.ts'
import { timingsOf, traceOf } from '../http/request-context.ts'
import type { AppServer } from '../http/server.ts'
import type { Checkout } from '../shop/checkout.ts'

const params = Type.Object({ id: orderIdSchema })

export const orderRoutes = (app: AppServer, checkout: Checkout): void => {
  app.post(
    '/api/orders',
    { schema: { summary: 'Place an order', body: newOrderSchema, response: { 201: orderSchema } } },
    async (request, reply) => {
      const order = await checkout.place(request.body, traceOf(request), timingsOf(request))
      reply.code(201).header('location', `/api/orders/${order.id}`).header('cache-control', notStored)
      return order
    },
  )
  app.get(
    '/api/orders/:id',
    { schema: { summary: 'Get an order', params, response: { 200: orderSchema } } },
    async (request, reply) => {
      reply.header('cache-control', privateToClient)
      return checkout.find(request.params.id, timingsOf(request))
    },
  )
}
