/** @packageDocumentation HTTP/1.1 on sockets (RFC 9112): a strict parser, the server side of a connection. */
export {
  ChunkedDecoder,
  chunkedEnd,
  chunkStart,
  defaultChunkedLimits,
  type ChunkedLimits,
  type TakeContent,
} from './chunked.ts'
export { defaultHeadLimits, HeadReader, type HeadLimits } from './head-reader.ts'
export { type MessageKind } from './malformed.ts'
export { parseRequestHead, type RequestHead } from './parse-request.ts'
export {
  isInterim,
  parseResponseHead,
  responseBodyFraming,
  type BodyFraming,
  type ResponseHead,
} from './parse-response.ts'
export { defaultHttp1Settings, http1Settings, type Http1Settings } from './server/limits.ts'
export { serveHttp1, type Http1Server } from './server/serve-http1.ts'
export { type Http1ServerOptions, type Http1Stats } from './server/server-state.ts'
export { type Schedule } from './server/sweep.ts'
export { SharedBuffer } from './shared-buffer.ts'
