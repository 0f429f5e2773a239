/** Carts: what a visitor means to buy. Prices are always the shop's of the moment, never the client's. */
import { Type, type Static } from 'typebox'
import { maxQuantity, newOrderSchema } from './orders.ts'
import { currency } from './products.ts'

/** How many pieces of a product are to be in the cart. */
export const cartQuantitySchema = Type.Object(
  { quantity: Type.Integer({ minimum: 1, maximum: maxQuantity }) },
  { additionalProperties: false },
)

/** Who buys what is in the cart. */
export const customerSchema = Type.Pick(newOrderSchema, ['name', 'email'], { additionalProperties: false })

export const cartItemSchema = Type.Object({
  productId: Type.Integer(),
  slug: Type.String(),
  name: Type.String(),
  quantity: Type.Integer(),
  unitPriceCents: Type.Integer(),
  available: Type.Boolean({ description: 'that many are in stock at this moment' }),
})

export const cartSchema = Type.Object({
  version: Type.Integer({ description: 'grows with every change; 0 when nothing was ever in it' }),
  items: Type.Array(cartItemSchema),
  totalCents: Type.Integer(),
  currency: Type.Literal(currency),
})

export type Customer = Static<typeof customerSchema>
export type CartItem = Static<typeof cartItemSchema>
export type Cart = Static<typeof cartSchema>
