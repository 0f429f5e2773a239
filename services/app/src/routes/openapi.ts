/** The API's own description (OpenAPI 3.1), made from the schemas of the routes. */
import swagger from '@fastify/swagger'
import { Description } from '../openapi/description.ts'
import type { AppServer } from '../http/server.ts'

export { problemResponse } from '../openapi/problem-response.ts'

const about = `Lists come in pages, by \`cursor\`. What was read with an \`ETag\` is changed under \`If-Match\`. Failures are problem details
(RFC 9457): \`code\` is stable and for programs, \`detail\` says what to do. Reads may come from a cache; a client that sends back
\`X-Session-Position\`, or keeps its cookies, sees all that it has written.`

/** Stands before the routes it describes. */
export const describeApi = async (app: AppServer, publicOrigin: string): Promise<void> => {
  const description = new Description()
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Roundtrip shop', version: '1', description: about, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [{ url: publicOrigin }],
    },
    convertConstToEnum: false, // Schemas are to be known again by name.
    transform: ({ schema, url, route }) => {
      if (schema !== undefined) description.note(route, schema, url)
      return { schema, url }
    },
    transformObject: (made) =>
      'openapiObject' in made ? description.complete(made.openapiObject) : made.swaggerObject,
  })
}

export const openapiRoutes = (app: AppServer): void => {
  let text: string | undefined
  app.get('/openapi.json', { schema: { hide: true } }, async (_, reply) => {
    text ??= JSON.stringify(app.swagger())
    return reply.type('application/json').send(text)
  })
}
