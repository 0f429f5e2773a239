/** The cart: look at it, change it, order what is in it. */
import { cartQuantitySchema, cartSchema, customerSchema, type Cart } from '@roundtrip/contracts'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { CartAccess, CartChange } from '../http/cart-access.ts'
import { cartEtag, isUnchanged, requireMatch } from '../http/etag.ts'
import type { AppServer } from '../http/server.ts'
import { changeConditions, readConditions } from '../openapi/conditions.ts'
import { ownerName } from '../shop/cart-owner.ts'
import { nothingToOrder, removeItem, setItem } from '../shop/carts.ts'
import type { Checkout } from '../shop/checkout.ts'
import { problemResponse } from './openapi.ts'
import { keyedHeaders, keyIn, placedResponses, placingOf, sendPlaced } from './placing.ts'

export interface CartRoutesOptions {
  readonly carts: CartAccess
  readonly checkout: Checkout
}

const params = Type.Object({ productId: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) })
const changed = {
  200: cartSchema,
  412: problemResponse('PRECONDITION_FAILED: the cart is not the one of If-Match; ETag is the one it has now'),
}

export const cartRoutes = (app: AppServer, options: CartRoutesOptions): void => {
  changeRoutes(app, options)
  checkoutRoute(app, options)
}

const changeRoutes = (app: AppServer, { carts }: CartRoutesOptions): void => {
  app.get(
    '/api/cart',
    {
      schema: {
        summary: 'Look at your cart',
        headers: readConditions,
        response: { 200: cartSchema, 304: Type.Void() },
      },
    },
    async (request, reply) => {
      const cart = await carts.show(request, reply)
      reply.header('etag', cartEtag(cart))
      return isUnchanged(request, cartEtag(cart)) ? reply.code(304).send() : reply.send(cart)
    },
  )
  app.put(
    '/api/cart/items/:productId',
    {
      schema: {
        summary: 'Have so many pieces in your cart',
        headers: changeConditions,
        params,
        body: cartQuantitySchema,
        response: {
          ...changed,
          404: problemResponse('NOT_FOUND: there is no such product'),
          422: problemResponse('UNPROCESSABLE: there are as many different products in it as an order may have'),
        },
      },
    },
    async (request, reply) => {
      const { productId } = request.params
      const change: CartChange = (tx, cartId) => setItem(tx, cartId, productId, request.body.quantity)
      return sendCart(reply, await carts.change(request, reply, change))
    },
  )
  app.delete(
    '/api/cart/items/:productId',
    { schema: { summary: 'Take a product out of your cart', headers: changeConditions, params, response: changed } },
    async (request, reply) => {
      const change: CartChange = (tx, cartId) => removeItem(tx, cartId, request.params.productId)
      return sendCart(reply, await carts.change(request, reply, change))
    },
  )
}

const checkoutRoute = (app: AppServer, { carts, checkout }: CartRoutesOptions): void => {
  app.post(
    '/api/cart/checkout',
    {
      schema: {
        summary: 'Order what is in your cart; under If-Match only at the prices that you have seen',
        headers: Type.Object({ ...keyedHeaders.properties, ...changeConditions.properties }),
        body: customerSchema,
        response: { ...placedResponses, 412: changed[412] },
      },
    },
    async (request, reply) => {
      const owner = await carts.ownerOf(request, reply)
      if (owner === undefined) throw nothingToOrder()
      const key = keyIn(request.headers['idempotency-key'])
      const mayOrder = (cart: Cart): void => requireMatch(request, reply, cartEtag(cart))
      const placing = placingOf(request, key && { ...key, owner: ownerName(owner) })
      return sendPlaced(reply, await checkout.placeCart({ customer: request.body, owner, mayOrder }, placing))
    },
  )
}

const sendCart = (reply: FastifyReply, cart: Cart): FastifyReply => reply.header('etag', cartEtag(cart)).send(cart)
