/** Entity tags of products and the conditions on them (RFC 9110 §13). */
import type { Product } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { evaluatePreconditions, Fields } from '@roundtrip/http'
import type { FastifyRequest } from 'fastify'

/** Strong: a version number is given to one state only. */
export const etagOf = ({ id, version }: Product): string => `"${id}-${version}"`

const evaluate = ({ method, raw }: FastifyRequest, product: Product) =>
  evaluatePreconditions(method, Fields.fromRaw(raw.rawHeaders), { etag: etagOf(product) })

/** The client has this state already: 304 is enough. */
export const isUnchanged = (request: FastifyRequest, product: Product): boolean =>
  evaluate(request, product) === 'not-modified'

/** @throws RoundtripError `PRECONDITION_FAILED` when the client means another state than the one there is */
export const requireMatch = (request: FastifyRequest, product: Product): void => {
  if (evaluate(request, product) === 'failed') {
    throw new RoundtripError('PRECONDITION_FAILED', 'The product has changed meanwhile; get it again and decide anew.')
  }
}
