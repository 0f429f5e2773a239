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
