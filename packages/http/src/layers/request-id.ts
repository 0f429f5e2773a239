/** Names the request on the way in and on the way out, so that a client can quote it. */
import type { HttpLayer } from '../message.ts'
import { formatTraceParent } from '../traceparent.ts'

/** Sets `x-request-id` and `traceparent` for the next hop, and `x-request-id` for the client. */
export const requestId = (): HttpLayer => (next) => async (request, context) => {
  request.fields.set('x-request-id', context.requestId)
  request.fields.set('traceparent', formatTraceParent(context.trace))
  const response = await next(request, context)
  response.fields.set('x-request-id', context.requestId)
  return response
}
