/** The server of the Node peer: everything goes to the origin, nothing is logged. */
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'

const { ORIGIN = '', CERTIFICATE_FILE = '', KEY_FILE = '' } = process.env
const tls = {
  cert: readFileSync(CERTIFICATE_FILE),
  key: readFileSync(KEY_FILE),
  ecdhCurve: 'X25519',
  allowHTTP1: true,
  ALPNProtocols: ['h2', 'http/1.1'],
}
const options = { upstream: ORIGIN, undici: { connections: 128, pipelining: 1 } }

const plain = Fastify()
await plain.register(httpProxy, options)
await plain.listen({ host: '127.0.0.1', port: 0 })

const secure = Fastify({ http2: true, https: tls })
await secure.register(httpProxy, options)
await secure.listen({ host: '127.0.0.1', port: 0 })

const portOf = ({ server }: { server: { address(): unknown } }): number => (server.address() as AddressInfo).port
process.send?.({ plain: portOf(plain), tls: portOf(secure) })
process.once('disconnect', () => process.exit())
