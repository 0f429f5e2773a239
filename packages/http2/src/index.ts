/** @packageDocumentation HTTP/2 on sockets (RFC 9113, RFC 7541): frames, HPACK, the server side of a connection. */
export { defaultLimits as defaultHttp2Limits, http2Settings, type Http2Limits } from './limits.ts'
export { serveHttp2, type Http2Server, type Http2ServerOptions, type Schedule } from './serve-http2.ts'
export { type Http2Stats } from './server-state.ts'
