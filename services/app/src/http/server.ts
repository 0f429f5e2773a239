/** The Fastify instance of this tier: limits, ids, strict bodies, TypeBox validation. No routes, no hooks. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify'
import { answerBrokenRequest } from './broken-request.ts'
import { sendError } from './error-envelope.ts'
import { explained } from './framework-errors.ts'
import { compileValidator } from './validation.ts'

export type AppServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** From the tier before; checked, because it goes into logs and back into a header. */
const requestIdOf = ({ headers }: IncomingMessage): string => {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()
}

/** @param maxBodyBytes largest request body */
export const createServer = (maxBodyBytes: number, log: FastifyBaseLogger): AppServer => {
  const app = Fastify({
    loggerInstance: log,
    // One line for each request is written by the access log.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    bodyLimit: maxBodyBytes,
    // Longer than the tier before keeps an idle connection, so that it is never the one who is surprised by a close.
    keepAliveTimeout: 75_000,
    requestTimeout: 30_000,
    return503OnClosing: false, // What still arrives while draining is answered, with `connection: close`.
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    // Both come before any hook: a URL that cannot be decoded, and bytes that are no HTTP request.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id)
      sendError(explained(error), request, reply)
    },
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.setValidatorCompiler(compileValidator)
  // The schemas of responses document; what is sent has been selected column by column already.
  app.setSerializerCompiler(() => JSON.stringify)
  app.removeContentTypeParser('text/plain')
  return app
}
