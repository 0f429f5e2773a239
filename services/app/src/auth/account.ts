/** Who asks: the account that a session or a token names, known to every route before its handler runs. */
import type { FastifyRequest } from 'fastify'
import { keepingByRoute } from '../http/cache-control.ts'
import type { AppServer } from '../http/server.ts'
import { identify, type Identity, type IdentitySources } from './identity.ts'

/** Each may do what those before it may. */
export const roles = ['customer', 'staff', 'admin'] as const
export type Role = (typeof roles)[number]

export interface Account {
  /** The user's id. */
  readonly id: string
  readonly role: Role
}

/** Somebody, nobody, or why that cannot be told. */
type Finding = { readonly identity: Identity | undefined } | { readonly failure: unknown }

const findingKey = 'identity'
const nobody: Finding = { identity: undefined }

/** What others may keep is the same for all: nobody has to be looked up for it. */
const isSameForAll = ({ method, routeOptions }: FastifyRequest): boolean =>
  (method === 'GET' || method === 'HEAD') && (keepingByRoute[routeOptions.url ?? ''] ?? 'nobody') !== 'nobody'

const find = async (request: FastifyRequest, sources: IdentitySources): Promise<Finding> => {
  try {
    return { identity: await identify(request, sources) }
  } catch (failure) {
    // Not thrown here: whoever does not need an account goes on without.
    return { failure }
  }
}

/** Stands before the routes. */
export const account = (app: AppServer, sources: IdentitySources): void => {
  app.decorateRequest(findingKey)
  app.addHook('onRequest', async (request) => {
    const { authorization, cookie } = request.headers
    const shows = authorization !== undefined || cookie !== undefined
    request.setDecorator<Finding>(
      findingKey,
      shows && !request.is404 && !isSameForAll(request) ? await find(request, sources) : nobody,
    )
  })
}

/** @throws RoundtripError `TOKEN_INVALID`, `AUTH_UNAVAILABLE`, or what the database throws */
export const identityOf = (request: FastifyRequest): Identity | undefined => {
  // Not set where a request is refused before this hook.
  const finding = request.getDecorator<Finding | undefined>(findingKey) ?? nobody
  if ('failure' in finding) throw finding.failure
  return finding.identity
}

/**
 * Undefined for visitors who have not signed in.
 * @throws RoundtripError `TOKEN_INVALID`, `AUTH_UNAVAILABLE`, or what the database throws
 */
export const accountOf = (request: FastifyRequest): Account | undefined => identityOf(request)?.account
