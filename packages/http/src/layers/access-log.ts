/** One structured line for each request, written when its last byte left or the client did. */
import { onAnswer } from '@roundtrip/pipeline'
import type { Delivery, HttpContext, HttpLayer, HttpRequest, HttpResponse } from '../message.ts'

export interface AccessLogOptions {
  /** Which requests get a line: all (the default), those answered with 400 and above or not to the end, or none. */
  readonly which?: 'all' | 'errors' | 'none'
  /** Requests that would only be noise, such as health checks, are logged at debug level. */
  readonly isNoise?: (request: HttpRequest) => boolean
}

/** Client closed request: nginx's status for a client that left before the response was complete. */
const clientClosedRequest = 499

/** Stands outermost but for the request id: what it logs is what the client was sent. Costs nothing when nothing is logged. */
export const accessLog = ({ which = 'all', isNoise = () => false }: AccessLogOptions = {}): HttpLayer => {
  if (which === 'none') return (next) => next
  const write = (entry: Entry, delivery: Delivery): void => {
    if (which === 'errors' && !isError(entry.response, delivery)) return
    const { request, context } = entry
    const line = describe(entry, delivery)
    const text = `${request.method} ${request.target} ${line.status}`
    if (isNoise(request)) context.log.debug(line, text)
    else context.log.info(line, text)
  }
  return onAnswer((response, request, context) => {
    const entry = { request, response, context, firstByteMs: context.elapsedMs }
    context.onSettled((delivery) => write(entry, delivery))
    return response
  })
}

interface Entry {
  readonly request: HttpRequest
  readonly response: HttpResponse
  readonly context: HttpContext
  readonly firstByteMs: number
}

const isError = ({ status }: HttpResponse, { outcome }: Delivery): boolean => status >= 400 || outcome !== 'complete'

const round = (ms: number): number => Math.round(ms * 1000) / 1000

const statusOf = (response: HttpResponse, { outcome, refusal }: Delivery): number =>
  outcome === 'aborted' ? clientClosedRequest : (refusal?.status ?? response.status)

/** In place of what came of it in the layers, where the request broke off. */
const reasonOf = ({ refusal }: Delivery): object =>
  refusal === undefined ? {} : { code: refusal.code, reason: refusal.message }

const describe = ({ request, response, context, firstByteMs }: Entry, delivery: Delivery) => ({
  requestId: context.requestId,
  traceId: context.trace.traceId,
  client: context.client,
  method: request.method,
  scheme: request.scheme,
  authority: request.authority,
  target: request.target,
  httpVersion: request.httpVersion,
  tls: context.downstream.tls?.protocol,
  answeredBy: context.passage?.answeredBy,
  userAgent: request.fields.get('user-agent'),
  ...context.facts,
  ...reasonOf(delivery),
  status: statusOf(response, delivery),
  bodyBytes: delivery.bodyBytes,
  outcome: delivery.outcome,
  firstByteMs: round(firstByteMs),
  durationMs: round(context.elapsedMs),
})
