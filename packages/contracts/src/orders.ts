/** Orders: what a client sends to buy, and what it gets to see of it afterwards. */
import { Type, type Static } from 'typebox'
import { nextCursorProperty } from './pagination.ts'
import { currency } from './products.ts'

/** Most different products in one order; bounds the rows that one transaction locks. */
export const maxOrderLines = 50
/** Most pieces of one product in one order. */
export const maxQuantity = 100

/**
 * A mailbox as people have them, not all that RFC 5321 allows: no quoting, no comments, no control characters, so that
 * it can stand in a mail's header as it is.
 */
export const emailPattern = "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$"

/** One line of text with something to see in it; line breaks are kept out of mail headers here. */
export const personName = Type.String({
  pattern: String.raw`^[^\u0000-\u001f\u007f]*[^\s\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$`,
  maxLength: 120,
})
const email = Type.String({ pattern: emailPattern, maxLength: 254 })

/** Random (UUID version 4): knowing the id is what lets a customer who has not signed in see the order. */
export const orderIdSchema = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
})

export const newOrderSchema = Type.Object(
  {
    name: personName,
    email,
    lines: Type.Array(
      Type.Object(
        {
          productId: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }),
          quantity: Type.Integer({ minimum: 1, maximum: maxQuantity }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: maxOrderLines },
    ),
  },
  { additionalProperties: false },
)

/** Name and price as they were when the order was placed. */
export const orderLineSchema = Type.Object({
  productId: Type.Integer(),
  name: Type.String(),
  quantity: Type.Integer(),
  unitPriceCents: Type.Integer(),
})

const summary = {
  id: orderIdSchema,
  status: Type.Union([Type.Literal('placed'), Type.Literal('cancelled')]),
  totalCents: Type.Integer(),
  currency: Type.Literal(currency),
  placedAt: Type.String({ description: 'ISO 8601, UTC' }),
}

export const orderSchema = Type.Object({ ...summary, name: personName, email, lines: Type.Array(orderLineSchema) })

/** An order in a list. */
export const orderSummarySchema = Type.Object(summary)

export const orderListSchema = Type.Object({ orders: Type.Array(orderSummarySchema), ...nextCursorProperty })

export type NewOrder = Static<typeof newOrderSchema>
export type OrderLine = Static<typeof orderLineSchema>
export type Order = Static<typeof orderSchema>
export type OrderSummary = Static<typeof orderSummarySchema>
