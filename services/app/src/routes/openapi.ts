/** The API's own description (OpenAPI 3.1), made from the schemas of the routes. */
import swagger from '@fastify/swagger'
import { problemMediaType, problemSchema } from '@roundtrip/contracts'
import type { FastifySchema } from 'fastify'
import type { AppServer } from '../http/server.ts'

/** A failure that a route's own description names. */
export const problemResponse = (description: string) => ({
  description,
  content: { [problemMediaType]: { schema: problemSchema } },
})

/** Every route can fail, and all of them do so in one shape. */
const withFailure = (schema: FastifySchema): FastifySchema => ({
  ...schema,
  response: {
    ...(schema.response as object | undefined),
    default: problemResponse('any failure (RFC 9457)'),
  },
})

/** Stands before the routes it describes. */
export const describeApi = async (app: AppServer, publicOrigin: string): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Roundtrip shop', version: '1' },
      servers: [{ url: publicOrigin }],
    },
    transform: ({ schema, url }) => ({ schema: schema && withFailure(schema), url }),
  })
}

export const openapiRoutes = (app: AppServer): void => {
  let text: string | undefined
  app.get('/openapi.json', { schema: { hide: true } }, async (_, reply) => {
    text ??= JSON.stringify(app.swagger())
    return reply.type('application/json').send(text)
  })
}
