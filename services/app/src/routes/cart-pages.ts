/** The cart as a page, and the plain forms that change it. */
import { randomUUID } from 'node:crypto'
import { maxQuantity, newOrderSchema, type Cart } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { Type } from 'typebox'
import type { CartAccess } from '../http/cart-access.ts'
import { cartEtag } from '../http/etag.ts'
import { formBody } from '../http/form-body.ts'
import { sendPage } from '../http/send-page.ts'
import type { AppServer } from '../http/server.ts'
import { cartPage } from '../pages/cart-page.ts'
import { ownerName } from '../shop/cart-owner.ts'
import { addItem, nothingToOrder, removeItem, setItem } from '../shop/carts.ts'
import type { Checkout } from '../shop/checkout.ts'
import { formKey } from '../shop/form-key.ts'
import { placingOf } from './placing.ts'

export interface CartPageRoutesOptions {
  readonly carts: CartAccess
  readonly checkout: Checkout
}

const strict = { additionalProperties: false }
const { name, email } = newOrderSchema.properties
const id = Type.String({ pattern: '^[1-9][0-9]{0,8}$' })
const pieces = Type.String({ pattern: '^(?:0|[1-9][0-9]{0,8})$' })
/** Browsers keep to what the form says; anybody else gets as many as an order may have. */
const countOf = (text: string): number => Math.min(Number(text), maxQuantity)
const addForm = Type.Object({ productId: id, quantity: pieces }, strict)
const changeForm = Type.Object({ quantity: pieces }, strict)
const checkoutForm = Type.Object(
  { key: Type.String({ pattern: '^[0-9a-f-]{36}$' }), seen: Type.String({ maxLength: 64 }), name, email },
  strict,
)

export const cartPageRoutes = (app: AppServer, { carts, checkout }: CartPageRoutesOptions): void => {
  const hide = true // Pages are no part of the API's description.
  formBody(app)

  app.get('/cart', { schema: { hide } }, async (request, reply) => {
    const cart = await carts.show(request, reply)
    return sendPage(reply, cartPage(cart, { key: randomUUID(), seen: cartEtag(cart) }))
  })

  app.post('/cart/items', { schema: { hide, body: addForm } }, async (request, reply) => {
    const [productId, quantity] = [Number(request.body.productId), countOf(request.body.quantity)]
    if (quantity > 0) await carts.change(request, reply, (tx, cartId) => addItem(tx, cartId, productId, quantity))
    return reply.redirect('/cart', 303)
  })

  const params = Type.Object({ productId: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) })
  app.post('/cart/items/:productId', { schema: { hide, params, body: changeForm } }, async (request, reply) => {
    const { productId } = request.params
    const quantity = countOf(request.body.quantity)
    await carts.change(request, reply, (tx, cartId) =>
      quantity === 0 ? removeItem(tx, cartId, productId) : setItem(tx, cartId, productId, quantity),
    )
    return reply.redirect('/cart', 303)
  })

  app.post('/cart/checkout', { schema: { hide, body: checkoutForm } }, async (request, reply) => {
    const { key, seen, ...customer } = request.body
    const owner = await carts.ownerOf(request, reply)
    if (owner === undefined) throw nothingToOrder()
    const filledIn = formKey(key, { ...customer, lines: [] })
    const placing = placingOf(request, { ...filledIn, owner: ownerName(owner) })
    const { order } = await checkout.placeCart({ customer, owner, mayOrder: asSeen(seen) }, placing)
    return reply.redirect(`/orders/${order.id}`, 303)
  })
}

const asSeen =
  (seen: string) =>
  (cart: Cart): void => {
    if (cartEtag(cart) === seen) return
    throw new RoundtripError(
      'PRECONDITION_FAILED',
      'Your cart or a price has changed: look at it again before you order.',
    )
  }
