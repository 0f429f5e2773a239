/** Whether the instance lives, has started and is ready, for the tier in front. Clients never get here: the edge keeps them out. */
import type { Health } from '@roundtrip/service'
import type { AppServer } from '../http/server.ts'

export const healthRoutes = (app: AppServer, health: () => Promise<Health>): void => {
  const hide = true
  app.get('/health/live', { schema: { hide } }, async () => ({ live: true }))
  app.get('/health/startup', { schema: { hide } }, async (_, reply) => {
    const state = await health()
    return reply.code(state.started === false ? 503 : 200).send(state)
  })
  app.get('/health/ready', { schema: { hide } }, async (_, reply) => {
    const state = await health()
    return reply.code(state.ready ? 200 : 503).send(state)
  })
}
