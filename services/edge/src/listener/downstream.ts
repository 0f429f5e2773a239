/** What is known of the client when its connection is ready for requests. */
import type { TLSSocket } from 'node:tls'
import type { Downstream } from '@roundtrip/http'
import { clientIdentityOf } from '../tls/client-identity.ts'

/** @param asksClients whether clients are asked for certificates: where not, looking for one is in vain */
export const downstreamOfTls = (
  { address, port }: Pick<Downstream, 'address' | 'port'>,
  socket: TLSSocket,
  asksClients: boolean,
): Downstream => {
  const client = asksClients ? clientIdentityOf(socket) : undefined
  return {
    address,
    port,
    tls: {
      protocol: socket.getProtocol() ?? 'unknown',
      cipher: socket.getCipher().name,
      resumed: socket.isSessionReused(),
      ...(typeof socket.servername === 'string' && { serverName: socket.servername }),
      ...(client !== undefined && { client }),
    },
  }
}
