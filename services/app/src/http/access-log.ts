/** One structured line for each request, when it is over. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { timingsOf, traceOf } from './request-context.ts'
import type { AppServer } from './server.ts'

/** Client closed request: nginx's status for a client that left before its answer. */
const clientClosedRequest = 499

/** Asked every second by each neighbour. */
const isNoise = ({ url }: FastifyRequest): boolean => url.startsWith('/health/')

const hasClientLeft = ({ raw }: FastifyReply): boolean => !raw.writableFinished && raw.socket?.destroyed === true

const round = (ms: number): number => Math.round(ms * 1000) / 1000

const write = (request: FastifyRequest, reply: FastifyReply, status: number): void => {
  const timings = timingsOf(request)
  const line = {
    traceId: traceOf(request).traceId,
    method: request.method,
    target: request.url,
    status,
    route: request.routeOptions.url,
    durationMs: round(timings.elapsedMs),
    cache: timings.metrics.find(({ name }) => name === 'cache')?.description,
    node: timings.metrics.find(({ name }) => name === 'db')?.description,
    contentLength: reply.getHeader('content-length'),
  }
  request.log[isNoise(request) ? 'debug' : 'info'](line, `${request.method} ${request.url} ${status}`)
}

export const accessLog = (app: AppServer): void => {
  app.addHook('onRequest', (request, reply, done) => {
    // Of the response itself, not Fastify's onResponse: that one waits for an answer that may come long after.
    reply.raw.once('close', () => write(request, reply, hasClientLeft(reply) ? clientClosedRequest : reply.statusCode))
    done()
  })
}
