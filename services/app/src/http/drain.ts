/** While the server is draining, each answer says that its connection ends with it (RFC 9112 §9.6). */
import type { Connections } from './connections.ts'
import type { AppServer } from './server.ts'

export const closeConnectionsOnDrain = (app: AppServer, connections: Pick<Connections, 'isDraining'>): void => {
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (connections.isDraining) reply.header('connection', 'close')
    done()
  })
}
