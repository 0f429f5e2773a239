/** What one client, and all of them, may take of a listener before there is a request. */
import { defaultsOf } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

const count = (description: string, defaultCount: number) =>
  Type.Integer({ minimum: 1, description, default: defaultCount })

export const listenerSettings = Type.Object(
  {
    maxConnections: count(
      'open connections of all clients, for each worker; above, the longest idle one is closed',
      20_000,
    ),
    maxConnectionsPerClient: count(
      'open connections of one client address (IPv6: of one /64), for each worker; further ones are refused',
      256,
    ),
    maxHandshakes: count(
      'connections that have not got as far as a request, for each worker; above, the oldest is closed',
      1024,
    ),
    handshakeTimeoutMs: count(
      'how long a connection may take to get that far: PROXY header and TLS handshake, in milliseconds',
      10_000,
    ),
    acceptBacklog: count('connections that the kernel may hold until they are accepted, for each worker', 4096),
    proxyProtocol: Type.Object(
      {
        trusted: Type.Array(Type.String({ minLength: 1 }), {
          description:
            'addresses or networks (CIDR) of load balancers that say by PROXY protocol v1 or v2 who the client is, and always must; nobody else may',
          default: [],
        }),
      },
      { additionalProperties: false, description: 'load balancers in front', default: { trusted: [] } },
    ),
  },
  { additionalProperties: false },
)

export type ListenerSettings = Readonly<Static<typeof listenerSettings>>

/** For whoever has no settings file. */
export const defaultListenerSettings: ListenerSettings = defaultsOf(listenerSettings)
