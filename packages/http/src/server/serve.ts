/** Puts a pipeline behind node's HTTP servers: one listener for HTTP/1.1 and HTTP/2, plain and TLS. */
import { toRoundtripError, type RoundtripError } from '@roundtrip/errors'
import type { Clock } from '@roundtrip/pipeline'
import { Fields } from '../fields.ts'
import type { Delivery, HttpContext, HttpHandler, HttpRequest, HttpResponse, Log } from '../message.ts'
import { problemResponse } from '../problem.ts'
import { deliveryCheck } from './delivery.ts'
import { readDownstream, readRequest, type NodeRequest } from './read-request.ts'
import { RequestContext } from './request-context.ts'
import { sinkOf, writeResponse, type NodeResponse } from './write-response.ts'

export interface ServeOptions {
  readonly handler: HttpHandler
  readonly scheme: 'http' | 'https'
  readonly log: Log
  /** Whether the previous hop is one of ours, so that its `x-request-id` is kept. A public edge makes a new one. */
  readonly trustRequestId: boolean
  /** Whose passage through the layers is noted: everybody's, or that of requests with a sampled `traceparent`. `all` by default. */
  readonly watch?: 'all' | 'sampled'
  /** Which requests are traced further on: all, those the client traces, or none. `sampled` by default. */
  readonly sampling?: 'always' | 'sampled' | 'never'
  readonly clock?: Clock
}

export type NodeListener = (request: NodeRequest, response: NodeResponse) => void

/** A listener for the `request` event of node:http, node:https and node:http2 servers (`allowHTTP1`). */
export const serve =
  (options: ServeOptions): NodeListener =>
  (incoming, out) => {
    const context = createContext(incoming, out, options)
    const settle = (delivery: Delivery): void => context.settle(delivery)
    answer(incoming, out, context, options).then(settle, (error: unknown) => {
      options.log.error({ error, requestId: context.requestId }, 'response could not be written')
      sinkOf(out).destroy()
      settle({ outcome: 'truncated', bodyBytes: 0 })
    })
  }

const answer = async (
  incoming: NodeRequest,
  out: NodeResponse,
  context: HttpContext,
  { handler, scheme }: ServeOptions,
): Promise<Delivery> => {
  let request: HttpRequest
  try {
    request = readRequest(incoming, scheme)
  } catch (error) {
    return writeResponse(incoming.method ?? 'GET', refusal(toRoundtripError(error), context), out)
  }
  const response = await handler(request, context)
  return writeResponse(request.method, response, out)
}

/** What cannot be read never becomes a request, so no pipeline sees it: it is answered and logged here. */
const refusal = (error: RoundtripError, { requestId, trace, downstream, log }: HttpContext): HttpResponse => {
  const facts = {
    requestId,
    traceId: trace.traceId,
    client: downstream.address,
    status: error.status,
    code: error.code,
  }
  log.info(facts, `malformed request refused: ${error.message}`)
  const response = problemResponse(error, requestId)
  response.fields.set('x-request-id', requestId)
  return response
}

/** Its end is told by the events of the connection: a client may leave while nobody is writing to it yet. */
const createContext = (incoming: NodeRequest, out: NodeResponse, options: ServeOptions): RequestContext => {
  const context = new RequestContext(Fields.fromRaw(incoming.rawHeaders), readDownstream(incoming), options)
  const sink = sinkOf(out)
  const isDelivered = deliveryCheck(sink)
  sink.once('close', () => {
    if (!isDelivered()) context.abandon()
  })
  return context
}
