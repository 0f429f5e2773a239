/** Puts a pipeline behind node's HTTP servers: one listener for HTTP/1.1 and HTTP/2, plain and TLS. */
import { randomUUID } from 'node:crypto'
import { RoundtripError, toRoundtripError } from '@roundtrip/errors'
import { Passage, type Clock } from '@roundtrip/pipeline'
import { Fields } from '../fields.ts'
import type { Delivery, HttpContext, HttpHandler, HttpRequest, HttpResponse, Log } from '../message.ts'
import { problemResponse } from '../problem.ts'
import { childOf, newTrace, parseTraceParent } from '../traceparent.ts'
import { deliveryCheck } from './delivery.ts'
import { readDownstream, readRequest, type NodeRequest } from './read-request.ts'
import { sinkOf, writeResponse, type NodeResponse } from './write-response.ts'

export interface ServeOptions {
  readonly handler: HttpHandler
  readonly scheme: 'http' | 'https'
  readonly log: Log
  /** Whether the previous hop is one of ours, so that its `x-request-id` is kept. A public edge makes a new one. */
  readonly trustRequestId: boolean
  readonly clock?: Clock
}

export type NodeListener = (request: NodeRequest, response: NodeResponse) => void

/** A listener for the `request` event of node:http, node:https and node:http2 servers (`allowHTTP1`). */
export const serve =
  (options: ServeOptions): NodeListener =>
  (incoming, out) => {
    const delivery = Promise.withResolvers<Delivery>()
    const context = createContext(incoming, out, delivery.promise, options)
    answer(incoming, out, context, options).then(delivery.resolve, (error: unknown) => {
      options.log.error({ error, requestId: context.requestId }, 'response could not be written')
      sinkOf(out).destroy()
      delivery.resolve({ outcome: 'truncated', bodyBytes: 0 })
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

/** What a previous hop of ours sends; anything else is replaced, for it ends up in log lines and header fields. */
const requestIdPattern = /^[\w.:-]{1,128}$/

const requestIdOf = (fields: Fields): string => {
  const given = fields.get('x-request-id')
  return given !== undefined && requestIdPattern.test(given) ? given : randomUUID()
}

const createContext = (
  incoming: NodeRequest,
  out: NodeResponse,
  delivered: Promise<Delivery>,
  { log, trustRequestId, clock }: ServeOptions,
): HttpContext => {
  const fields = Fields.fromRaw(incoming.rawHeaders)
  const gone = new AbortController()
  const sink = sinkOf(out)
  const isDelivered = deliveryCheck(sink)
  sink.once('close', () => {
    if (!isDelivered()) gone.abort(new RoundtripError('CLIENT_CLOSED_REQUEST'))
  })
  const caller = parseTraceParent(fields.get('traceparent'))
  return {
    passage: new Passage(clock),
    requestId: trustRequestId ? requestIdOf(fields) : randomUUID(),
    trace: caller === undefined ? newTrace(false) : childOf(caller),
    downstream: readDownstream(incoming),
    signal: gone.signal,
    delivered,
    facts: {},
    log,
  }
}
