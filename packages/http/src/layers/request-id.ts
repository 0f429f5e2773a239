/** Names the request on the way in and on the way out, so that a client can quote it. */
import { onAnswer } from '@roundtrip/pipeline'
import type { HttpContext, HttpHandler, HttpLayer, HttpRequest } from '../message.ts'
import { formatTraceParent } from '../traceparent.ts'

export interface RequestIdOptions {
  /** Whether every request is told its name (the default), or only those that a layer further in calls `tellNextHop` for. */
  readonly tellsNextHop?: boolean
}

/** Replaces `x-request-id` and `traceparent` by ours. A span id costs more than an answer from memory should. */
export const tellNextHop = ({ fields }: HttpRequest, context: HttpContext): void => {
  fields.set('x-request-id', context.requestId)
  fields.set('traceparent', formatTraceParent(context.trace))
}

/** Sets `x-request-id` for the client and, with `traceparent`, for the next hop. */
export const requestId =
  ({ tellsNextHop = true }: RequestIdOptions = {}): HttpLayer =>
  (next) =>
    tellsClient(tellsNextHop ? told(next) : next)

const tellsClient: HttpLayer = onAnswer((response, _request, context) => {
  response.fields.set('x-request-id', context.requestId)
  return response
})

const told =
  (next: HttpHandler): HttpHandler =>
  (request, context) => {
    tellNextHop(request, context)
    return next(request, context)
  }
