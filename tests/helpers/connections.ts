/** Connections that an HTTP client library would not make: one plain request, one bare handshake, raw bytes. */
import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { connect, type SecureVersion, type TLSSocket } from 'node:tls'
import { at } from './client.ts'
import type { Target } from './target.ts'

/** GET over plain HTTP at the first edge. */
export const plainGet = async (
  target: Target,
  path: string,
): Promise<{ status: number; location: string | undefined }> => {
  const { host, httpPort } = at(target.edges, 0)
  const outgoing = request({ host, port: httpPort, path, headers: { host: target.publicName }, agent: false })
  outgoing.end()
  const [reply] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage]
  reply.resume()
  return { status: reply.statusCode ?? 0, location: reply.headers.location }
}

export interface HandshakeOptions {
  readonly version: SecureVersion
  readonly alpn: string[]
}

const open = async (target: Target, options: HandshakeOptions): Promise<TLSSocket> => {
  const { host, httpsPort } = at(target.edges, 0)
  const socket = connect({
    host,
    port: httpsPort,
    servername: target.publicName,
    ca: target.ca,
    minVersion: options.version,
    maxVersion: options.version,
    ALPNProtocols: options.alpn,
  })
  await once(socket, 'secureConnect')
  return socket
}

/** One TLS handshake at the first edge. @throws when it fails or the certificate is not trusted */
export const tlsHandshake = async (target: Target, options: HandshakeOptions) => {
  const socket = await open(target, options)
  const seen = { protocol: socket.getProtocol(), alpn: socket.alpnProtocol, authorized: socket.authorized }
  socket.destroy()
  return seen
}

/** Sends bytes as they are over TLS and HTTP/1.1, and returns all that comes back until the server closes. */
export const rawExchange = async (target: Target, bytes: string): Promise<string> => {
  const socket = await open(target, { version: 'TLSv1.3', alpn: ['http/1.1'] })
  socket.write(bytes)
  return text(socket)
}
