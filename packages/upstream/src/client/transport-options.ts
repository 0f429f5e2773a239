/** What a transport is made with, and what it is when nothing is said. */
import type { LookupFunction } from 'node:net'
import type { Destination, TlsOptions } from './dial.ts'
import type { ProxyProtocol } from './proxy-header.ts'
import { sharedSweep, type Sweep } from './sweep.ts'
import type { TransportTimeouts } from './transport.ts'

export interface TransportOptions {
  /** E.g. `http://10.0.0.1:8080`. */
  readonly origin: string
  readonly timeouts: TransportTimeouts
  /** `http1` by default; `http2` is prior knowledge over cleartext; `auto` asks by ALPN, and is HTTP/1.1 over cleartext. */
  readonly protocol?: 'http1' | 'http2' | 'auto'
  /** Connections at most; requests beyond wait for one. 256 by default. */
  readonly maxConnections?: number
  /**
   * Requests whose content is still arriving, those waiting included; those beyond are refused at once. 1024 by default.
   * Over HTTP/1.1 they get at most half of the connections, over HTTP/2 half of the streams of each, and half of the places to wait.
   */
  readonly maxUploads?: number
  /** Requests that may wait for a connection; those beyond are refused at once. 1024 by default. */
  readonly maxWaiting?: number
  /** How long a connection is kept without work. 60 s by default: shorter than what next hops keep theirs, so that it is seldom they who close. */
  readonly idleTimeoutMs?: number
  /** For `https:` origins. */
  readonly tls?: TlsOptions
  /** Tells the next hop the client's address. A connection then carries one request only: the next one may be somebody else's. HTTP/1.1 only. */
  readonly proxyProtocol?: ProxyProtocol
  /** How names become addresses; the operating system by default. */
  readonly lookup?: LookupFunction
  /** The one of the process by default. */
  readonly sweep?: Sweep
}

export interface ResolvedOptions {
  /** Host and port. */
  readonly member: string
  readonly destination: Destination
  readonly timeouts: TransportTimeouts
  readonly maxConnections: number
  readonly maxUploads: number
  readonly maxWaiting: number
  readonly idleTimeoutMs: number
  readonly proxyProtocol: ProxyProtocol | undefined
  readonly sweep: Sweep
}

/** @throws TypeError when the origin is no URL */
export const resolveOptions = (options: TransportOptions): ResolvedOptions => {
  const url = new URL(options.origin)
  const isTls = url.protocol === 'https:'
  return {
    member: url.host,
    destination: {
      // net.connect and certificates know IPv6 addresses without brackets.
      hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
      tls: isTls ? (options.tls ?? {}) : undefined,
      lookup: options.lookup,
    },
    timeouts: options.timeouts,
    maxConnections: options.maxConnections ?? 256,
    maxUploads: options.maxUploads ?? 1024,
    maxWaiting: options.maxWaiting ?? 1024,
    idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
    proxyProtocol: options.proxyProtocol,
    sweep: options.sweep ?? sharedSweep,
  }
}
