/** One structured line for each request, written when its last byte left or the client did. */
import type { HttpContext, HttpLayer, HttpRequest, HttpResponse } from '../message.ts'

export interface AccessLogOptions {
  /** Requests that would only be noise, such as health checks, are logged at debug level. */
  readonly isNoise?: (request: HttpRequest) => boolean
}

/** Client closed request: nginx's status for a client that left before the response was complete. */
const clientClosedRequest = 499

/** Stands outermost but for the request id: what it logs is what the client was sent. */
export const accessLog =
  ({ isNoise = () => false }: AccessLogOptions = {}): HttpLayer =>
  (next) =>
  async (request, context) => {
    const response = await next(request, context)
    const firstByteMs = context.elapsedMs
    void context.delivered.then(({ outcome, bodyBytes }) => {
      const line = {
        ...describe(request, response, context),
        bodyBytes,
        outcome,
        firstByteMs: round(firstByteMs),
        durationMs: round(context.elapsedMs),
      }
      if (outcome === 'aborted') line.status = clientClosedRequest
      const text = `${request.method} ${request.target} ${line.status}`
      if (isNoise(request)) context.log.debug(line, text)
      else context.log.info(line, text)
    })
    return response
  }

const round = (ms: number): number => Math.round(ms * 1000) / 1000

const describe = (request: HttpRequest, response: HttpResponse, context: HttpContext) => ({
  requestId: context.requestId,
  traceId: context.trace.traceId,
  client: context.downstream.address,
  method: request.method,
  scheme: request.scheme,
  authority: request.authority,
  target: request.target,
  httpVersion: request.httpVersion,
  tls: context.downstream.tls?.protocol,
  status: response.status,
  answeredBy: context.passage?.answeredBy,
  userAgent: request.fields.get('user-agent'),
  ...context.facts,
})
