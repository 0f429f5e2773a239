/** Products: list, read, and change. */
import {
  newProductSchema,
  patchProductSchema,
  productListSchema,
  productQuerySchema,
  productSchema,
  replaceProductSchema,
  type NewProduct,
  type PatchProduct,
  type Product,
} from '@roundtrip/contracts'
import type { Database, Queryable } from '@roundtrip/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { requires } from '../auth/requires.ts'
import { etagOf, isCreationOnly, isUnchanged, requireIfMatch, requireMatch } from '../http/etag.ts'
import { mergePatchBody, mergePatchMediaType } from '../http/merge-patch-body.ts'
import { nextPage } from '../http/next-page.ts'
import type { AppServer } from '../http/server.ts'
import { showsProduct, showsProducts } from '../http/surrogate-key.ts'
import { visitOf } from '../http/visit.ts'
import { changeConditions, putConditions, readConditions } from '../openapi/conditions.ts'
import { writeFor } from '../http/write-for.ts'
import type { Catalogue } from '../shop/catalogue.ts'
import { idAfter, type Cursors } from '../shop/cursor.ts'
import { mergePatch } from '../shop/merge-patch.ts'
import {
  deleteProduct,
  insertProduct,
  productList,
  restoreProduct,
  updateProduct,
  type Precondition,
} from '../shop/products.ts'
import { problemResponse } from './openapi.ts'

export interface ProductRoutesOptions {
  readonly database: Database
  readonly catalogue: Catalogue
  readonly cursors: Cursors
}

const params = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) })
const list = '/api/products'
const one = '/api/products/:id'

/** The catalogue is the shop's: customers look at it. */
const mayWrite = requires('staff')

const conditional = {
  412: problemResponse('PRECONDITION_FAILED: the product has changed; ETag is the one it has now'),
  428: problemResponse('PRECONDITION_REQUIRED: If-Match is missing'),
}
const removing = {
  summary: 'Remove a product',
  headers: changeConditions,
  params,
  response: { 204: Type.Void({ description: 'removed; it can be restored' }), ...conditional },
}
const changing = {
  200: productSchema,
  409: problemResponse('CONFLICT: another product has that slug'),
  415: problemResponse('UNSUPPORTED_MEDIA_TYPE; Accept-Patch says what to send'),
  ...conditional,
}
const replacing = {
  summary: 'Replace a product',
  headers: putConditions,
  params,
  body: replaceProductSchema,
  response: {
    ...changing,
    201: {
      description: 'restored, under If-None-Match: *',
      content: { 'application/json': { schema: productSchema } },
    },
  },
}

export const productRoutes = async (app: AppServer, options: ProductRoutesOptions): Promise<void> => {
  readRoutes(app, options)
  writeRoutes(app, options)
  await app.register(async (scope: AppServer) => patchRoute(scope, options))
}

const writeRoutes = (app: AppServer, options: ProductRoutesOptions): void => {
  const save = saver(options)
  app.post(
    list,
    {
      onRequest: mayWrite,
      schema: { summary: 'Add a product', body: newProductSchema, response: { 201: productSchema } },
    },
    async (request, reply) => {
      const product = await save(request, reply, (tx) => insertProduct(tx, request.body))
      reply.code(201).header('location', `${list}/${product.id}`)
      return product
    },
  )
  app.put(one, { onRequest: mayWrite, schema: replacing }, async (request, reply) => {
    const {
      params: { id },
      body,
    } = request
    if (isCreationOnly(request)) {
      reply.code(201)
      return save(request, reply, (tx) => restoreProduct(tx, id, matcher(request, reply), body))
    }
    requireIfMatch(request)
    return save(request, reply, (tx) => updateProduct(tx, id, matcher(request, reply), () => body))
  })
  app.delete(one, { onRequest: mayWrite, schema: removing }, async (request, reply) => {
    requireIfMatch(request)
    const { id } = request.params
    const { database, catalogue } = options
    const mayDelete = matcher(request, reply)
    const { lsn } = await writeFor(visitOf(request), database, (tx) => deleteProduct(tx, id, mayDelete))
    await catalogue.changed([id], lsn)
    return reply.code(204).send()
  })
}

/** In a scope of its own, for it takes another body than the rest. */
const patchRoute = (app: AppServer, options: ProductRoutesOptions): void => {
  const save = saver(options)
  mergePatchBody(app)
  app.patch(
    one,
    {
      onRequest: mayWrite,
      schema: {
        summary: 'Change a product',
        headers: changeConditions,
        consumes: [mergePatchMediaType],
        params,
        body: patchProductSchema,
        response: changing,
      },
    },
    async (request, reply) => {
      requireIfMatch(request)
      const {
        params: { id },
        body,
      } = request
      return save(request, reply, (tx) =>
        updateProduct(tx, id, matcher(request, reply), (current) => patched(current, body)),
      )
    },
  )
}

const matcher =
  (request: FastifyRequest, reply: FastifyReply): Precondition =>
  (current) =>
    requireMatch(request, reply, etagOf(current))

/** The patch has been checked: it removes nothing that a product needs. */
const patched = ({ slug, name, description, priceCents, stock }: Product, patch: PatchProduct): NewProduct =>
  mergePatch({ slug, name, description, priceCents, stock }, patch) as NewProduct

const readRoutes = (app: AppServer, { catalogue, cursors }: ProductRoutesOptions): void => {
  app.get(
    list,
    { schema: { summary: 'List products', querystring: productQuerySchema, response: { 200: productListSchema } } },
    async (request, reply) => {
      const { limit, cursor, q } = request.query
      const search = { limit, after: idAfter(cursors, productList, cursor), q }
      const { products, next } = await catalogue.list(search, visitOf(request))
      showsProducts(reply, products)
      return { products, ...nextPage(request, reply, next && cursors.at(productList, next)) }
    },
  )
  app.get(
    one,
    {
      schema: {
        summary: 'Get a product',
        headers: readConditions,
        params,
        response: { 200: productSchema, 304: Type.Void() },
      },
    },
    async (request, reply) => {
      const product = await catalogue.byId(request.params.id, visitOf(request))
      showsProduct(reply, product).header('etag', etagOf(product))
      if (isUnchanged(request, etagOf(product))) return reply.code(304).send()
      return reply.send(product)
    },
  )
}

/** Writes, tells the readers, and describes the result: the order that keeps a read after a write from being stale. */
const saver =
  ({ database, catalogue }: ProductRoutesOptions) =>
  async (request: FastifyRequest, reply: FastifyReply, work: (tx: Queryable) => Promise<Product>): Promise<Product> => {
    const { value: product, lsn } = await writeFor(visitOf(request), database, work)
    await catalogue.changed([product.id], lsn)
    reply.header('etag', etagOf(product))
    return product
  }
