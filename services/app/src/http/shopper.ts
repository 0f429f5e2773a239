/** Who shops: the account that has signed in, or a visitor of whom nothing is known. */
import { RoundtripError } from '@roundtrip/errors'
import type { FastifyRequest } from 'fastify'
import { identityOf, type Account } from '../auth/account.ts'

/**
 * Undefined for visitors.
 * @throws RoundtripError `SCOPE_REQUIRED` for a token that was made for something else; as `identityOf`
 */
export const shopperOf = (request: FastifyRequest): Account | undefined => {
  const identity = identityOf(request)
  if (identity?.via === 'token' && !identity.scopes.includes('shop')) {
    throw new RoundtripError('SCOPE_REQUIRED', 'This token was not made for that: make one with the scope shop.', {
      details: { scope: 'shop' },
    })
  }
  return identity?.account
}
