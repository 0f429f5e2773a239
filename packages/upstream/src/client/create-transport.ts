/** The transport that a next hop's settings ask for. */
import { Http1Pool } from './http1-pool.ts'
import { Http2Transport } from './http2-transport.ts'
import { NegotiatedTransport } from './negotiated-transport.ts'
import type { Transport } from './transport.ts'
import { resolveOptions, type TransportOptions } from './transport-options.ts'

/** @throws TypeError when the origin is no URL, or a PROXY header is wanted on connections that clients share */
export const createTransport = (options: TransportOptions): Transport => {
  const resolved = resolveOptions(options)
  const { protocol = 'http1' } = options
  if (protocol === 'http1') return new Http1Pool(resolved)
  if (resolved.proxyProtocol !== undefined) throw new TypeError('The PROXY protocol goes with http1 only.')
  if (protocol === 'http2') return new Http2Transport(resolved)
  return resolved.destination.tls === undefined ? new Http1Pool(resolved) : new NegotiatedTransport(resolved)
}
