/** What each request carries through this tier: its trace and its timings. Set before anything else runs. */
import { newTrace, parseTraceParent, type TraceParent } from '@roundtrip/http'
import type { FastifyRequest } from 'fastify'
import type { AppServer } from './server.ts'
import { Timings, type Clock } from './timings.ts'

const traceKey = 'trace'
const timingsKey = 'timings'

/** The trace goes on where the tier before sent it; one without any is not sampled. */
export const requestContext = (app: AppServer, clock: Clock): void => {
  app.decorateRequest(traceKey)
  app.decorateRequest(timingsKey)
  app.addHook('onRequest', (request, reply, done) => {
    const { traceparent } = request.headers
    const given = parseTraceParent(typeof traceparent === 'string' ? traceparent : undefined)
    request.setDecorator<TraceParent>(traceKey, given ?? newTrace(false))
    request.setDecorator<Timings>(timingsKey, new Timings(clock))
    reply.header('x-request-id', request.id)
    done()
  })
}

export const traceOf = (request: FastifyRequest): TraceParent => request.getDecorator<TraceParent>(traceKey)

export const timingsOf = (request: FastifyRequest): Timings => request.getDecorator<Timings>(timingsKey)
