/** Orders: place one, look at it. */
import { newOrderSchema, orderIdSchema, orderSchema } from '@roundtrip/contracts'
import { Type } from 'typebox'
import { traceOf } from '../http/request-context.ts'
import type { AppServer } from '../http/server.ts'
import { visitOf } from '../http/visit.ts'
import type { Checkout } from '../shop/checkout.ts'
import { idempotencyKeyPattern } from '../shop/idempotency.ts'
import { problemResponse } from './openapi.ts'

const params = Type.Object({ id: orderIdSchema })

const keyed = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: idempotencyKeyPattern,
      description: 'text of your own, such as a UUID: the same order under the same key is placed once; kept for a day',
    }),
  ),
})

const placing = {
  summary: 'Place an order',
  headers: keyed,
  body: newOrderSchema,
  response: {
    201: {
      description: 'placed; now, or before under the same key',
      headers: {
        location: Type.String({ description: 'the order' }),
        'idempotency-replayed': Type.Literal('true', { description: 'only when it had been placed before' }),
      },
      content: { 'application/json': { schema: orderSchema } },
    },
    409: problemResponse('OUT_OF_STOCK, or IDEMPOTENCY_KEY_IN_FLIGHT with Retry-After'),
    422: problemResponse('UNPROCESSABLE, or IDEMPOTENCY_KEY_REUSED for another order'),
  },
}

export const orderRoutes = (app: AppServer, checkout: Checkout): void => {
  app.post('/api/orders', { schema: placing }, async (request, reply) => {
    const text = request.headers['idempotency-key']
    const { order, isReplay } = await checkout.place(request.body, {
      trace: traceOf(request),
      visit: visitOf(request),
      key: text === undefined ? undefined : { text, whileInFlight: 'refuse' },
    })
    reply.code(201).header('location', `/api/orders/${order.id}`)
    if (isReplay) reply.header('idempotency-replayed', 'true')
    return reply.send(order)
  })
  app.get(
    '/api/orders/:id',
    { schema: { summary: 'Get an order', params, response: { 200: orderSchema } } },
    async (request) => checkout.find(request.params.id, visitOf(request)),
  )
}
