/** While the server is closing, each answer says that its connection ends with it (RFC 9112 §9.6). */
import type { AppServer } from './server.ts'

/** Fastify does so for requests that come after closing began; this is for those that came before. */
export const closeConnectionsOnDrain = (app: AppServer): void => {
  let draining = false
  app.addHook('preClose', async () => {
    draining = true
  })
  app.addHook('onSend', async (_request, reply) => {
    if (draining) reply.header('connection', 'close')
  })
}
