/** Products: list, read, and change. */
import {
  newProductSchema,
  patchProductSchema,
  productListSchema,
  productQuerySchema,
  productSchema,
  replaceProductSchema,
  type PatchProduct,
  type Product,
} from '@roundtrip/contracts'
import type { Database, Queryable } from '@roundtrip/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { notStored, sharedBriefly } from '../http/cache-control.ts'
import { etagOf, isUnchanged, requireMatch } from '../http/etag.ts'
import type { AppServer } from '../http/server.ts'
import { visitOf } from '../http/visit.ts'
import type { Catalogue } from '../shop/catalogue.ts'
import { deleteProduct, insertProduct, updateProduct } from '../shop/products.ts'

export interface ProductRoutesOptions {
  readonly database: Database
  readonly catalogue: Catalogue
}

const params = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) })
const list = '/api/products'
const one = '/api/products/:id'

export const productRoutes = (app: AppServer, options: ProductRoutesOptions): void => {
  readRoutes(app, options)
  const save = saver(options)
  const update = (request: FastifyRequest, reply: FastifyReply, id: number, fields: PatchProduct) =>
    save(request, reply, (tx) => updateProduct(tx, id, fields, (current) => requireMatch(request, current)))

  app.post(
    list,
    { schema: { summary: 'Add a product', body: newProductSchema, response: { 201: productSchema } } },
    async (request, reply) => {
      const product = await save(request, reply, (tx) => insertProduct(tx, request.body))
      reply.code(201).header('location', `${list}/${product.id}`)
      return product
    },
  )
  app.put(
    one,
    { schema: { summary: 'Replace a product', params, body: replaceProductSchema, response: { 200: productSchema } } },
    async (request, reply) => update(request, reply, request.params.id, request.body),
  )
  mergePatchBody(app)
  app.patch(
    one,
    {
      schema: {
        summary: 'Change a product',
        consumes: ['application/json', 'application/merge-patch+json'],
        params,
        body: patchProductSchema,
        response: { 200: productSchema },
      },
    },
    async (request, reply) => update(request, reply, request.params.id, request.body),
  )
  app.delete(one, { schema: { summary: 'Remove a product', params } }, async (request, reply) => {
    const { id } = request.params
    const visit = visitOf(request)
    const { lsn } = await options.database.write(
      (tx) => deleteProduct(tx, id, (current) => requireMatch(request, current)),
      visit,
    )
    visit.wrote(lsn)
    await options.catalogue.changed([id], lsn)
    return reply.code(204).header('cache-control', notStored).send()
  })
}

const readRoutes = (app: AppServer, { catalogue }: ProductRoutesOptions): void => {
  app.get(
    list,
    { schema: { summary: 'List products', querystring: productQuerySchema, response: { 200: productListSchema } } },
    async (request, reply) => {
      reply.header('cache-control', sharedBriefly)
      return catalogue.list(request.query, visitOf(request))
    },
  )
  app.get(
    one,
    { schema: { summary: 'Get a product', params, response: { 200: productSchema, 304: Type.Void() } } },
    async (request, reply) => {
      const product = await catalogue.byId(request.params.id, visitOf(request))
      reply.header('cache-control', sharedBriefly).header('etag', etagOf(product))
      if (isUnchanged(request, product)) return reply.code(304).send()
      return reply.send(product)
    },
  )
}

/** Writes, tells the readers, and describes the result: the order that keeps a read after a write from being stale. */
const saver =
  ({ database, catalogue }: ProductRoutesOptions) =>
  async (request: FastifyRequest, reply: FastifyReply, work: (tx: Queryable) => Promise<Product>): Promise<Product> => {
    const visit = visitOf(request)
    let lsn = ''
    const product = await visit.timings.database(async () => {
      const committed = await database.write(work, visit)
      lsn = committed.lsn
      return committed
    })
    visit.wrote(lsn)
    await catalogue.changed([product.id], lsn)
    reply.header('cache-control', notStored).header('etag', etagOf(product))
    return product
  }

/** JSON Merge Patch (RFC 7396) under its own media type; as application/json it is taken as well. */
const mergePatchBody = (app: AppServer): void => {
  app.addContentTypeParser(
    'application/merge-patch+json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  )
}
