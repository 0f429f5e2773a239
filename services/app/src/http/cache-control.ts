/** What others may keep of each route's answers, and how long (RFC 9111 §5.2, RFC 9213, RFC 5861): all on this page. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { timingsOf } from './request-context.ts'
import type { AppServer } from './server.ts'
import { visitOf } from './visit.ts'

/**
 * - `catalogue`: the same for all. Our edges keep it for long, for they are told when it changes; others for a moment
 * - `moment`: the same for all, but nobody is told when it changes
 * - `release`: changes only with a release
 * - `nobody`: concerns one client, or one moment
 */
export type Keeping = 'catalogue' | 'moment' | 'release' | 'nobody'

/** Every address that is read (a test holds this against the routes). What is missing here, nobody may keep. */
export const keepingByRoute: Readonly<Record<string, Keeping>> = {
  '/': 'catalogue',
  '/products/:slug': 'catalogue',
  '/api/products': 'catalogue',
  '/api/products/:id': 'catalogue',
  '/api/users': 'moment',
  '/user/v1/list': 'moment',
  '/openapi.json': 'release',
  '/cart': 'nobody',
  '/api/cart': 'nobody',
  '/orders': 'nobody',
  '/orders/:id': 'nobody',
  '/api/orders': 'nobody',
  '/api/orders/:id': 'nobody',
  '/account': 'nobody',
  '/sign-in': 'nobody',
  '/sign-up': 'nobody',
  '/password-reset': 'nobody',
  '/api/accounts/me': 'nobody',
  '/api/sessions': 'nobody',
  '/api/sessions/current': 'nobody',
  '/api/tokens': 'nobody',
  '/health/live': 'nobody',
  '/health/startup': 'nobody',
  '/health/ready': 'nobody',
}

/** Also of every failure, and of every answer to a write. */
export const notStored = 'private, no-store'

/** Browsers ask each time: theirs cannot be purged. Nor can a proxy on the way. */
const forAMoment = 'public, max-age=0, s-maxage=2'

/**
 * Speaks to our edges alone (RFC 9213), which are purged. The lifetime is how long a purge that never comes can matter;
 * stale is served only while it is asked for anew, or while nobody can answer.
 */
const untilPurged = 'max-age=60, stale-while-revalidate=10, stale-if-error=300'

const fieldsOf: Readonly<Record<Keeping, Readonly<Record<string, string>>>> = {
  catalogue: { 'cache-control': forAMoment, 'cdn-cache-control': untilPurged },
  moment: { 'cache-control': forAMoment },
  release: { 'cache-control': 'public, max-age=300' },
  nobody: { 'cache-control': notStored },
}

/** Others than these need not be what a GET by somebody else would bring. */
const isRead = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD'
const isGood = ({ statusCode }: FastifyReply): boolean => statusCode === 200 || statusCode === 304

/** From the cache, or loaded at the position of the latest change: not before a purge that has been sent. */
const isUpToDate = (request: FastifyRequest): boolean =>
  timingsOf(request).metrics.some(
    ({ name, description }) => name === 'cache' && (description === 'hit' || description === 'miss'),
  )

/** @param arePurged whether our edges are told of changes */
const keepingOf = (request: FastifyRequest, reply: FastifyReply, arePurged: boolean): Keeping => {
  const keeping = keepingByRoute[request.routeOptions.url ?? ''] ?? 'nobody'
  if (!isRead(request) || !isGood(reply) || reply.hasHeader('set-cookie')) return 'nobody'
  // Made for somebody who must see what they have changed; others are served what is the same for all of them.
  if (visitOf(request).sharedPosition !== undefined) return 'nobody'
  return keeping === 'catalogue' && !(arePurged && isUpToDate(request)) ? 'moment' : keeping
}

/** Stands behind whatever sets a cookie: an answer with one is nobody else's. */
export const cacheDirectives = (app: AppServer, { arePurged }: { readonly arePurged: boolean }): void => {
  app.addHook('onSend', (request, reply, _payload, done) => {
    const keeping = keepingOf(request, reply, arePurged)
    reply.headers(fieldsOf[keeping])
    if (keeping === 'nobody') reply.removeHeader('surrogate-key')
    done()
  })
}
