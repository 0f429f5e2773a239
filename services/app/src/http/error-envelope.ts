/** Every failure as the client reads it: problem details (RFC 9457), or a page for a browser. Logged here, once. */
import { problemMediaType, type Problem } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { toProblem } from '@roundtrip/http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { errorPage } from '../pages/error-page.ts'
import { notStored } from './cache-control.ts'
import { challengeOf } from '../auth/challenge.ts'
import { explained } from './framework-errors.ts'
import { pageHeaders } from './page-headers.ts'
import { prefersHtml } from './prefers-html.ts'
import { traceOf } from './request-context.ts'
import type { AppServer } from './server.ts'
import type { Fault } from './validation.ts'

/** Seconds after which it makes sense to ask again for what is likely to pass. */
const retryAfterSeconds = 1

export const errorEnvelope = (app: AppServer): void => {
  app.setErrorHandler<FastifyError>((failure, request, reply) => {
    const error = explained(failure)
    log(error, request)
    return sendError(error, request, reply)
  })
  // Not found has been decided by allowedMethods; this is for what routing gives up on later.
  app.setNotFoundHandler((request, reply) => sendError(new RoundtripError('NOT_FOUND'), request, reply))
}

const problemOf = (error: RoundtripError, request: FastifyRequest): Problem => {
  const [instance = '/'] = request.url.split('?')
  const errors = error.details['errors'] as Fault[] | undefined
  return { ...toProblem(error, request.id), instance, ...(errors !== undefined && { errors }) }
}

export const sendError = (error: RoundtripError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const problem = problemOf(error, request)
  reply.code(error.status).header('cache-control', notStored).header('vary', 'accept')
  if (typeof error.details['allow'] === 'string') reply.header('allow', error.details['allow'])
  if (passesSoon(error)) reply.header('retry-after', error.details['retryAfterSeconds'] ?? retryAfterSeconds)
  if (error.status === 401 || error.code === 'SCOPE_REQUIRED') reply.header('www-authenticate', challengeOf(error))
  // What is left of a refused body is not read, so nothing can follow it on this connection.
  if (error.status === 413) reply.header('connection', 'close')
  return prefersHtml(request.headers.accept)
    ? reply.type('text/html; charset=utf-8').headers(pageHeaders).send(errorPage(problem))
    : reply.type(problemMediaType).serializer(JSON.stringify).send(problem)
}

/** The same request may succeed shortly, so its answer says when. */
export const passesSoon = ({ status, retryable }: RoundtripError): boolean =>
  retryable && [409, 429, 503].includes(status)

/** Our own faults and those of neighbours need somebody's eye; a client's mistakes stand in the access log. */
const log = (error: RoundtripError, request: FastifyRequest): void => {
  if (error.status < 500) return
  const facts = {
    error: error.cause ?? error,
    code: error.code,
    traceId: traceOf(request).traceId,
  }
  if (error.source === 'internal') request.log.error(facts, error.message)
  else request.log.warn(facts, error.message)
}
