/** What a route asks of who comes: an account, its role, and of a token its scope. Nothing is allowed by being forgotten. */
import { RoundtripError } from '@roundtrip/errors'
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { identityOf, roles, type Account, type Role } from './account.ts'
import { demanding } from './demands.ts'
import type { Identity } from './identity.ts'
import type { Scope } from './token-store.ts'

/** What a role is there for. */
export const scopeOfRole: Readonly<Record<Role, Scope>> = { customer: 'shop', staff: 'catalogue', admin: 'accounts' }

/** Who can make a token with it. */
export const roleOfScope: Readonly<Record<Scope, Role>> = { shop: 'customer', catalogue: 'staff', accounts: 'admin' }

export const hasRole = ({ role }: Account, atLeast: Role): boolean => roles.indexOf(role) >= roles.indexOf(atLeast)

const hasScope = (identity: Identity, scope: Scope): boolean =>
  identity.via === 'session' || identity.scopes.includes(scope)

/** ASVS 4.0.3 §7.2.2: a refusal says whom it met. */
const refuse = (request: FastifyRequest, { account: { id, role }, via }: Identity, error: RoundtripError): never => {
  request.log.warn({ event: 'access-refused', code: error.code, accountId: id, role, via }, 'access refused')
  throw error
}

const identified = (request: FastifyRequest): Identity => {
  const identity = identityOf(request)
  if (identity === undefined) throw new RoundtripError('UNAUTHENTICATED')
  return identity
}

/**
 * For a route's `onRequest`. A session may do all that its account may; a token needs the scope too.
 * @throws RoundtripError `UNAUTHENTICATED`, `TOKEN_INVALID`, `ROLE_REQUIRED`, `SCOPE_REQUIRED`, `AUTH_UNAVAILABLE`
 */
export const requires = (role: Role, scope: Scope = scopeOfRole[role]): onRequestAsyncHookHandler =>
  demanding({ role, scope }, async (request) => {
    const identity = identified(request)
    if (!hasRole(identity.account, role)) refuse(request, identity, new RoundtripError('ROLE_REQUIRED'))
    if (!hasScope(identity, scope)) {
      const sentence = `This token was not made for that: make one with the scope ${scope}.`
      refuse(request, identity, new RoundtripError('SCOPE_REQUIRED', sentence, { details: { scope } }))
    }
  })

/**
 * For what a lost token must not be able to do: passwords, sessions, other tokens.
 * @throws RoundtripError `UNAUTHENTICATED`, `TOKEN_INVALID`, `SESSION_REQUIRED`, `ROLE_REQUIRED`, `AUTH_UNAVAILABLE`
 */
export const requiresSession = (role: Role = 'customer'): onRequestAsyncHookHandler =>
  demanding({ role, scope: undefined }, async (request) => {
    const identity = identified(request)
    if (identity.via !== 'session') refuse(request, identity, new RoundtripError('SESSION_REQUIRED'))
    if (!hasRole(identity.account, role)) refuse(request, identity, new RoundtripError('ROLE_REQUIRED'))
  })

/** Behind `requires` or `requiresSession`. */
export const signedIn = (request: FastifyRequest): Account => identified(request).account

/** Behind `requiresSession`: public name of the session that asks. */
export const sessionNameOf = (request: FastifyRequest): string => {
  const identity = identified(request)
  if (identity.via !== 'session') throw new RoundtripError('SESSION_REQUIRED')
  return identity.sessionName
}
