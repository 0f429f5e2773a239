/** The jobs that app hands to worker: queue names, payloads, and how often a failed one is tried again. */
import { Type, type Static } from 'typebox'
import { orderIdSchema, orderLineSchema } from './orders.ts'
import { currency } from './products.ts'

/** BullMQ queue of everything that ends as a mail. */
export const mailQueueName = 'mail'

/** Job on the mail queue: tell a customer that the order was placed. */
export const orderConfirmationJobName = 'order-confirmation'

export const orderConfirmationSchema = Type.Object({
  orderId: orderIdSchema,
  to: Type.String({ description: 'mailbox of the customer' }),
  name: Type.String({ description: 'name of the customer' }),
  lines: Type.Array(orderLineSchema),
  totalCents: Type.Integer(),
  currency: Type.Literal(currency),
  traceparent: Type.Optional(
    Type.String({
      description: 'W3C Trace Context of the request that placed the order, so that the mail joins its trace',
    }),
  ),
})

export type OrderConfirmation = Static<typeof orderConfirmationSchema>

/**
 * BullMQ job options. Six attempts, the waits between them 1, 2, 4, 8 and 16 s less up to half at random, so that
 * jobs which failed together do not return together. Finished jobs are kept a day: as long as one is kept, publishing
 * it a second time under the same job id does nothing.
 */
export const defaultJobOptions = {
  attempts: 6,
  backoff: { type: 'exponential', delay: 1000, jitter: 0.5 },
  removeOnComplete: { age: 86_400, count: 10_000 },
  removeOnFail: { age: 7 * 86_400 },
} as const
