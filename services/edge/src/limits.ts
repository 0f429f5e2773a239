/** What one client may take of us before and around a request: sizes, counts, and time. */
import type { ServerOptions } from 'node:http'
import type { SecureServerOptions } from 'node:http2'

/** Request line and fields together, in bytes: 431 above. node's default. */
const maxHeaderBytes = 16_384

/** How long a connection is kept without a request, in milliseconds. */
export const keepAliveMs = 60_000

export const http1Limits: ServerOptions = {
  maxHeaderSize: maxHeaderBytes,
  // The whole head must be there in this time, however slowly it drips (Slowloris).
  headersTimeout: 10_000,
  // The whole request; ten megabytes over a slow mobile connection take this long.
  requestTimeout: 300_000,
  keepAliveTimeout: keepAliveMs,
  connectionsCheckingInterval: 1000,
  // node would answer with an empty 400; ours says what is wrong.
  requireHostHeader: false,
}

export const http2Limits: SecureServerOptions = {
  // nginx's default; more streams at once would mostly help floods (CVE-2023-44487).
  settings: { maxConcurrentStreams: 128, maxHeaderListSize: maxHeaderBytes, enablePush: false },
  handshakeTimeout: 10_000,
}
