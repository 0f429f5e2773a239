/** Lets scripts of other sites read the API, those of the settings alone (Fetch Standard §3.3, the CORS protocol). */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AppServer } from './server.ts'

/** What a script may send beyond what any form could. */
const allowedHeaders =
  'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-CSRF-Token, X-Session-Position'

/** What a script may read beyond Content-Type and the like. */
const exposedHeaders =
  'Accept-Patch, Allow, ETag, Idempotency-Replayed, Link, Location, Retry-After, WWW-Authenticate, X-Request-Id, X-Session-Position'

/** Until a browser asks for leave again. */
const preflightSeconds = 600

/** Pages are for those who look at them: no script of another site needs to read one. */
const isApi = ({ url }: FastifyRequest): boolean => /^\/(?:api|user)\/|^\/openapi\.json(?:\?|$)/.test(url)

const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined

/** Beside what the answer varies on already. */
const alsoVaries = (reply: FastifyReply, ...names: readonly string[]): void => {
  const before = [reply.getHeader('vary') ?? []].flat().map(String)
  reply.header('vary', [...before, ...names].join(', '))
}

/**
 * Who is not allowed is answered like anybody: it is the browser that keeps the answer from its script. Allowed origins
 * may come with credentials, so they are named one by one, and `*` is never said.
 * @param origins `https://shop.example`; none turns it off
 */
export const cors = (app: AppServer, origins: readonly string[]): void => {
  if (origins.length === 0) return
  const allowed = new Set(origins.map((origin) => new URL(origin).origin))
  // As it is sent: whatever answers, failures too.
  app.addHook('onSend', async (request, reply) => {
    if (!isApi(request)) return
    // Also for those who are refused, or name no origin: a shared cache must not give one the answer of another.
    alsoVaries(reply, 'origin')
    const { origin } = request.headers
    if (isPreflight(request)) alsoVaries(reply, 'access-control-request-method', 'access-control-request-headers')
    if (origin === undefined || !allowed.has(origin)) return
    reply.headers({ 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' })
    if (isPreflight(request)) grant(reply)
    else reply.header('access-control-expose-headers', exposedHeaders)
  })
}

/** The methods are those of the address: the answer to OPTIONS has them already. */
const grant = (reply: FastifyReply): void => {
  reply.headers({
    'access-control-allow-methods': reply.getHeader('allow') ?? '',
    'access-control-allow-headers': allowedHeaders,
    'access-control-max-age': preflightSeconds,
  })
}
