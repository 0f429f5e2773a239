/** Entity tags of products and the conditions on them (RFC 9110 §13). */
import type { Product } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { evaluatePreconditions, Fields } from '@roundtrip/http'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Strong: a version number is given to one state only. */
export const etagOf = ({ id, version }: Product): string => `"${id}-${version}"`

const evaluate = ({ method, raw }: FastifyRequest, product: Product) =>
  evaluatePreconditions(method, Fields.fromRaw(raw.rawHeaders), { etag: etagOf(product) })

/** The client has this state already: 304 is enough. */
export const isUnchanged = (request: FastifyRequest, product: Product): boolean =>
  evaluate(request, product) === 'not-modified'

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
export const requireMatch = (request: FastifyRequest, reply: FastifyReply, product: Product): void => {
  if (evaluate(request, product) !== 'failed') return
  reply.header('etag', etagOf(product))
  throw new RoundtripError('PRECONDITION_FAILED', 'The product has changed meanwhile; get it again and decide anew.')
}
