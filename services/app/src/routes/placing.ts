/** What all ways of placing an order have in common: whose it is, its idempotency key, and the answer. */
import { orderSchema } from '@roundtrip/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { traceOf } from '../http/request-context.ts'
import { shopperOf } from '../http/shopper.ts'
import { visitOf } from '../http/visit.ts'
import type { Placed, Placing } from '../shop/checkout.ts'
import { idempotencyKeyPattern, type IdempotencyKey } from '../shop/idempotency.ts'
import { problemResponse } from './openapi.ts'

export const keyedHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: idempotencyKeyPattern,
      description: 'text of your own, such as a UUID: the same order under the same key is placed once; kept for a day',
    }),
  ),
})

export const placedResponses = {
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
}

/** The key of a program: it learns that its first try is still being carried out. */
export const keyIn = (text: string | undefined): IdempotencyKey | undefined =>
  text === undefined ? undefined : { text, whileInFlight: 'refuse' }

/** @param key gets the account as its owner when it has none. @throws as `shopperOf` */
export const placingOf = (request: FastifyRequest, key: IdempotencyKey | undefined): Placing => {
  const userId = shopperOf(request)?.id
  const owner = userId === undefined ? undefined : `account:${userId}`
  return { trace: traceOf(request), visit: visitOf(request), userId, key: key && { owner, ...key } }
}

export const sendPlaced = (reply: FastifyReply, { order, isReplay }: Placed): FastifyReply => {
  reply.code(201).header('location', `/api/orders/${order.id}`)
  if (isReplay) reply.header('idempotency-replayed', 'true')
  return reply.send(order)
}
