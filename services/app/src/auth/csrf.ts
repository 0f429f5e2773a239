/** Requests that another site makes a browser send (cross-site request forgery): seen by Fetch Metadata, `Origin`, or a token. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { RoundtripError } from '@roundtrip/errors'
import type { FastifyRequest } from 'fastify'
import type { AppServer } from '../http/server.ts'
import { identityOf } from './account.ts'
import type { Identity } from './identity.ts'

export interface CsrfOptions {
  /** As the browser's `Origin` has it. */
  readonly publicOrigin: string
  readonly tokenOf: CsrfTokens
}

/** @param sessionName what the token is bound to: it ends with the session */
export type CsrfTokens = (sessionName: string) => string

/** Made from the session, so that nothing has to be kept. */
export const csrfTokens =
  (key: string): CsrfTokens =>
  (sessionName) =>
    createHmac('sha256', key).update(sessionName).digest('base64url')

/** Field of a form, for browsers that send neither Fetch Metadata nor `Origin`. */
export const csrfField = 'csrf'
const csrfHeader = 'x-csrf-token'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
const isForm = ({ headers }: FastifyRequest): boolean =>
  headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true

/** `none` is the user's own doing, such as a reload; a subdomain (`same-site`) is somebody else. */
type Source = 'own' | 'foreign' | 'untold'

const sourceOf = ({ headers }: FastifyRequest, publicOrigin: string): Source => {
  const site = headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return 'own'
  const { origin } = headers
  if (origin === publicOrigin) return 'own'
  return site === undefined && origin === undefined ? 'untold' : 'foreign'
}

/** Taken out of a form: routes need not know of it. */
const takeToken = (request: FastifyRequest): string | undefined => {
  const header = request.headers[csrfHeader]
  const body = request.body as Record<string, unknown> | undefined | null
  if (!isForm(request) || typeof body !== 'object' || body === null)
    return typeof header === 'string' ? header : undefined
  const { [csrfField]: field, ...rest } = body
  request.body = rest
  return typeof field === 'string' ? field : undefined
}

const isRightToken = (given: string | undefined, identity: Identity | undefined, tokenOf: CsrfTokens): boolean => {
  if (given === undefined || identity?.via !== 'session') return false
  const [a, b] = [Buffer.from(given), Buffer.from(tokenOf(identity.sessionName))]
  return a.length === b.length && timingSafeEqual(a, b)
}

/**
 * Programs with a token, and the site's own pages. Visitors too, unless a form of another site sent them: that could sign
 * them in as somebody else.
 */
const mayPass = (source: Source, identity: Identity | undefined, request: FastifyRequest): boolean =>
  identity?.via === 'token' || source === 'own' || (identity === undefined && (source === 'untold' || !isForm(request)))

/** Identity that cannot be told counts as none: what needs one fails by itself. */
const identityIfKnown = (request: FastifyRequest): Identity | undefined => {
  try {
    return identityOf(request)
  } catch {
    return undefined
  }
}

/** After `account`. @throws RoundtripError `CROSS_SITE_REQUEST` for a request that changes something and is not the user's own */
export const refuseForgeries = (app: AppServer, { publicOrigin, tokenOf }: CsrfOptions): void => {
  app.addHook('preValidation', (request, _reply, done) => {
    if (safeMethods.has(request.method)) return done()
    const token = takeToken(request)
    const identity = identityIfKnown(request)
    if (mayPass(sourceOf(request, publicOrigin), identity, request) || isRightToken(token, identity, tokenOf))
      return done()
    request.log.warn({ event: 'forgery-refused', accountId: identity?.account.id }, 'cross-site request refused')
    done(new RoundtripError('CROSS_SITE_REQUEST'))
  })
}
