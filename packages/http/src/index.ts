/** @packageDocumentation Header algebra, message types, and what the HTTP pipelines of edge and web share. */
export { negotiateEncoding } from './accept-encoding.ts'
export { clientNetwork, unmapped } from './client-network.ts'
export { evaluatePreconditions, rangeApplies, type Precondition, type Validators } from './conditional.ts'
export { fieldName, Fields, type FieldName, type RawFields } from './fields.ts'
export { isLending, type LendingBody } from './lending-body.ts'
export { addForwarding, addVia, dropCertificates, dropForwarding, setForwarding, type Hop } from './forwarded.ts'
export { dropConnectionOptions, isHopByHop, stripHopByHop } from './hop-by-hop.ts'
export { formatHttpDate, parseHttpDate } from './http-date.ts'
export { accessLog, type AccessLogOptions } from './layers/access-log.ts'
export { bodyLimit } from './layers/body-limit.ts'
export { BodyEncoder, type BodyEncoderOptions, type BodyEncoderStatus } from './layers/compress-body.ts'
export { compress, type CompressOptions } from './layers/compress.ts'
export { errorResponse } from './layers/error-response.ts'
export { requestId, tellNextHop, type RequestIdOptions } from './layers/request-id.ts'
export { securityHeaders, type SecurityHeadersOptions } from './layers/security-headers.ts'
export { serverTiming, type ServerTimingOptions } from './layers/server-timing.ts'
export type {
  ClientIdentity,
  Delivery,
  Downstream,
  HttpContext,
  HttpHandler,
  HttpLayer,
  HttpRequest,
  HttpResponse,
  Log,
  NextHop,
  NamedHttpHandler,
  NamedHttpLayer,
  SettledListener,
} from './message.ts'
export { disguisedField, isAuthority, isFieldName, isFieldValue, isMethod, isTarget } from './message-rules.ts'
export { newRequestId } from './new-request-id.ts'
export { ownCopy } from './own-copy.ts'
export { removeAt } from './remove-at.ts'
export { RequestCopy } from './request-copy.ts'
export { problemResponse, toProblem, type Problem } from './problem.ts'
export { contentRange, selectRange, type ByteRange, type RangeSelection } from './range.ts'
export { remembered } from './remembered.ts'
export { parseRequestTimeout, requestTimeoutField } from './request-timeout.ts'
export { OpenConnections, type DrainOptions } from './server/open-connections.ts'
export { RequestContext, type Informer } from './server/request-context.ts'
export type { Occupancy, ServerConnection } from './server/server-connection.ts'
export type { ServeOptions } from './server/serve-options.ts'
export { formatServerTiming, parseServerTiming, type ServerTiming } from './server-timing.ts'
export { childOf, formatTraceParent, newTrace, parseTraceParent, type TraceParent } from './traceparent.ts'
