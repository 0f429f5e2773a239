/** For tests: the same server behind TLS, and connections to it. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import type { HttpHandler } from '@roundtrip/http'
import { onTestFinished } from 'vitest'
import { serveHttp1 } from './server/serve-http1.ts'
import { recordingLog } from './testing.ts'

/** Anonymous key exchange, so that no test needs a certificate. */
export const anonymous = {
  ciphers: 'AECDH-AES128-SHA:@SECLEVEL=0',
  maxVersion: 'TLSv1.2' as const,
  allowHalfOpen: true,
}

/** Serves a handler until the test has finished. @returns how to connect */
export const serveTlsForTest = async (handler: HttpHandler): Promise<() => Promise<TLSSocket>> => {
  const accept = serveHttp1({ handler, scheme: 'https', log: recordingLog(), trustRequestId: false })
  const server = createServer(anonymous, (socket) => accept(socket, { address: '127.0.0.1', port: 1 }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return async () => {
    const { port } = server.address() as AddressInfo
    const socket = connect({
      ...anonymous,
      port,
      host: '127.0.0.1',
      checkServerIdentity: () => undefined,
      rejectUnauthorized: false,
    })
    onTestFinished(() => void socket.destroy())
    await once(socket, 'secureConnect')
    return socket
  }
}
