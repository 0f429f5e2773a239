/** Entity tags of what can be changed, and the conditions on them (RFC 9110 §13). */
import { createHash } from 'node:crypto'
import type { Cart, Product } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { evaluatePreconditions, Fields } from '@roundtrip/http'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Strong: a version number is given to one state only. */
export const etagOf = ({ id, version }: Product): string => `"${id}-${version}"`

/** Of all that a customer sees: another price makes another tag, although nobody has touched the cart. */
export const cartEtag = (cart: Cart): string =>
  `"${cart.version}-${createHash('sha256').update(JSON.stringify(cart)).digest('base64url').slice(0, 16)}"`

const conditions = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const

/** Most requests make no condition: their fields need not be gone through. */
const evaluate = ({ method, headers, raw }: FastifyRequest, etag: string) =>
  conditions.some((name) => headers[name] !== undefined)
    ? evaluatePreconditions(method, Fields.fromRaw(raw.rawHeaders), { etag })
    : 'proceed'

/** The client has this state already: 304 is enough. */
export const isUnchanged = (request: FastifyRequest, etag: string): boolean =>
  evaluate(request, etag) === 'not-modified'

/**
 * For requests that change what is there: without If-Match two clients who have seen the same state would undo each
 * other's changes (RFC 6585 §3).
 * @throws RoundtripError `PRECONDITION_REQUIRED`
 */
export const requireIfMatch = ({ headers }: FastifyRequest): void => {
  if (headers['if-match'] === undefined) throw new RoundtripError('PRECONDITION_REQUIRED')
}

/** The client means to create it: whatever is there already is not to be touched (RFC 9110 §13.1.2). */
export const isCreationOnly = ({ headers }: FastifyRequest): boolean =>
  headers['if-match'] === undefined && headers['if-none-match']?.trim() === '*'

/**
 * The answer to a client that means another state has the tag of the one there is.
 * @throws RoundtripError `PRECONDITION_FAILED`
 */
export const requireMatch = (request: FastifyRequest, reply: FastifyReply, etag: string): void => {
  if (evaluate(request, etag) !== 'failed') return
  reply.header('etag', etag)
  throw new RoundtripError('PRECONDITION_FAILED', 'It has changed meanwhile: get it again and decide anew.')
}
