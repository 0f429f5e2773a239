/** The pages people see. They work without scripts: an order is a plain form. */
import { randomUUID } from 'node:crypto'
import { newOrderSchema, orderIdSchema, pageQuerySchema, slugPattern } from '@roundtrip/contracts'
import type { Database } from '@roundtrip/postgres'
import { Type } from 'typebox'
import { formBody } from '../http/form-body.ts'
import { nextPage } from '../http/next-page.ts'
import { sendPage } from '../http/send-page.ts'
import type { AppServer } from '../http/server.ts'
import { shopperOf } from '../http/shopper.ts'
import { showsProduct, showsProducts } from '../http/surrogate-key.ts'
import { visitOf } from '../http/visit.ts'
import { homePage } from '../pages/home-page.ts'
import { orderPage } from '../pages/order-page.ts'
import { ordersPage } from '../pages/orders-page.ts'
import { productPage } from '../pages/product-page.ts'
import type { Catalogue } from '../shop/catalogue.ts'
import type { Checkout } from '../shop/checkout.ts'
import { idAfter, type Cursors } from '../shop/cursor.ts'
import { formKey } from '../shop/form-key.ts'
import { productList } from '../shop/products.ts'
import { ordersOf, readerOf } from './orders.ts'
import { placingOf } from './placing.ts'

export interface PageRoutesOptions {
  readonly database: Database
  readonly catalogue: Catalogue
  readonly checkout: Checkout
  readonly cursors: Cursors
  /** For canonical links. */
  readonly publicOrigin: string
}

const productsOnHomePage = 24

const { name, email } = newOrderSchema.properties
const count = Type.String({ pattern: '^[1-9][0-9]{0,8}$' })
/** Made with the page, so that the same form sent twice is one order. */
const key = Type.Optional(Type.String({ pattern: '^[0-9a-f-]{36}$' }))
const orderFormSchema = Type.Object(
  { key, productId: count, quantity: count, name, email },
  { additionalProperties: false },
)

export const pageRoutes = (
  app: AppServer,
  { database, catalogue, checkout, cursors, publicOrigin }: PageRoutesOptions,
): void => {
  const hide = true // Pages are no part of the API's description.
  app.get('/', { schema: { hide, querystring: Type.Pick(pageQuerySchema, ['cursor']) } }, async (request, reply) => {
    const after = idAfter(cursors, productList, request.query.cursor)
    const { products, next } = await catalogue.list({ limit: productsOnHomePage, after }, visitOf(request))
    const page = { products, ...nextPage(request, reply, next && cursors.at(productList, next)) }
    return sendPage(showsProducts(reply, products), homePage(page, publicOrigin))
  })

  const slugParams = Type.Object({ slug: Type.String({ pattern: slugPattern }) })
  app.get('/products/:slug', { schema: { hide, params: slugParams } }, async (request, reply) => {
    const product = await catalogue.bySlug(request.params.slug, visitOf(request))
    return sendPage(showsProduct(reply, product), productPage(product, { publicOrigin, key: randomUUID() }))
  })

  formBody(app)
  app.post('/orders', { schema: { hide, body: orderFormSchema } }, async (request, reply) => {
    const { key: pageKey, productId, quantity, ...customer } = request.body
    const wanted = { ...customer, lines: [{ productId: Number(productId), quantity: Number(quantity) }] }
    const once = pageKey === undefined ? undefined : formKey(pageKey, wanted)
    const { order } = await checkout.place(wanted, placingOf(request, once))
    return reply.redirect(`/orders/${order.id}`, 303)
  })

  app.get('/orders', { schema: { hide, querystring: pageQuerySchema } }, async (request, reply) => {
    const account = shopperOf(request)
    if (account === undefined) return reply.redirect('/sign-in', 303)
    const { orders, next } = await ordersOf(account, request, { database, cursors })
    return sendPage(reply, ordersPage({ orders, ...nextPage(request, reply, next) }))
  })

  const orderParams = Type.Object({ id: orderIdSchema })
  const nothing = Type.Optional(Type.Object({}, { additionalProperties: false }))
  app.post(
    '/orders/:id/cancellation',
    { schema: { hide, params: orderParams, body: nothing } },
    async (request, reply) => {
      const { id } = await checkout.cancel(request.params.id, readerOf(request), visitOf(request))
      return reply.redirect(`/orders/${id}`, 303)
    },
  )

  app.get('/orders/:id', { schema: { hide, params: orderParams } }, async (request, reply) =>
    sendPage(reply, orderPage(await checkout.find(request.params.id, readerOf(request), visitOf(request)))),
  )
}
