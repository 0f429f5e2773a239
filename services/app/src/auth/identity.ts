/** Finds out who asks: by the session of a cookie, or by a bearer token (RFC 6750 §2.1); never by both. */
import { RoundtripError } from '@roundtrip/errors'
import type { Database } from '@roundtrip/postgres'
import type { FastifyRequest } from 'fastify'
import { readCookie } from '../http/cookies.ts'
import { visitOf } from '../http/visit.ts'
import type { Account } from './account.ts'
import { sessionCookie } from './session-cookie.ts'
import type { Sessions } from './sessions.ts'
import { findBearer, noteUse, type Bearer, type Scope } from './token-store.ts'
import { bearerOf, isToken } from './tokens.ts'

export type Identity =
  | { readonly via: 'session'; readonly account: Account; readonly sessionName: string }
  | { readonly via: 'token'; readonly account: Account; readonly scopes: readonly Scope[] }

export interface IdentitySources {
  readonly sessions: Pick<Sessions, 'find'>
  readonly database: Database
}

/** @throws RoundtripError `TOKEN_INVALID`, `AUTH_UNAVAILABLE`, or what the database throws */
export const identify = async (request: FastifyRequest, sources: IdentitySources): Promise<Identity | undefined> => {
  // A page of another site cannot make a browser send a token: with one, the cookie does not count.
  const token = bearerOf(request.headers.authorization)
  if (token !== undefined) return byToken(request, token, sources)
  const id = readCookie(request, sessionCookie)
  const session = id === undefined ? undefined : await sources.sessions.find(id)
  return session && { via: 'session', account: session.account, sessionName: session.name }
}

const byToken = async (request: FastifyRequest, token: string, { database }: IdentitySources): Promise<Identity> => {
  if (!isToken(token)) throw new RoundtripError('TOKEN_INVALID')
  const visit = visitOf(request)
  // Of the primary: a replica may not have heard yet that it was revoked.
  const bearer = await visit.timings.database(() =>
    database.read('strong', (queryable) => findBearer(queryable, token), visit),
  )
  if (bearer === undefined) throw new RoundtripError('TOKEN_INVALID')
  if (bearer.isUseStale) await tryToNoteUse(request, bearer, database)
  return { via: 'token', account: bearer.account, scopes: bearer.scopes }
}

/** When it was last used is nice to know, and no reason to refuse. */
const tryToNoteUse = async (request: FastifyRequest, { tokenId }: Bearer, database: Database): Promise<void> => {
  try {
    await database.write((transaction) => noteUse(transaction, tokenId), visitOf(request))
  } catch (error) {
    request.log.warn({ error, tokenId }, 'the use of a token was not noted')
  }
}
