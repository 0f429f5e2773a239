/** Personal API tokens: make one, see which there are and when they were used, revoke one. Only with a session. */
import { newTokenAnswerSchema, newTokenSchema, tokenListSchema } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { Type } from 'typebox'
import type { Auth } from '../auth/auth.ts'
import { callerOf } from '../auth/caller.ts'
import { hasRole, requiresSession, roleOfScope, signedIn } from '../auth/requires.ts'
import { noted } from '../auth/security-log.ts'
import { deleteToken, insertToken, listTokens, type ListedToken } from '../auth/token-store.ts'
import type { AppServer } from '../http/server.ts'
import { readFor } from '../http/read-for.ts'
import { visitOf } from '../http/visit.ts'
import { problemResponse } from './openapi.ts'

const tags = ['tokens']
const list = '/api/tokens'
const params = Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }) })

const shown = ({ createdAt, expiresAt, lastUsedAt, ...rest }: ListedToken) => ({
  ...rest,
  scopes: [...rest.scopes],
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
})

export const tokenRoutes = (app: AppServer, auth: Auth): void => {
  const { database, ownHops } = auth
  const onRequest = requiresSession()
  app.post(
    list,
    {
      onRequest,
      schema: {
        summary: 'Make a token',
        tags,
        body: newTokenSchema,
        response: {
          201: newTokenAnswerSchema,
          403: problemResponse('ROLE_REQUIRED for a scope beyond the role of the account'),
        },
      },
    },
    async (request, reply) => {
      const account = signedIn(request)
      const visit = visitOf(request)
      const beyond = request.body.scopes.find((scope) => !hasRole(account, roleOfScope[scope]))
      if (beyond !== undefined)
        throw new RoundtripError('ROLE_REQUIRED', `Your account cannot use the scope ${beyond}.`)
      const make = () => database.write((transaction) => insertToken(transaction, account.id, request.body), visit)
      const { value, lsn } = await noted(request, 'token-made', callerOf(request, ownHops), make, (made) => ({
        accountId: account.id,
        tokenId: made.value.listed.id,
      }))
      visit.wrote(lsn, 'visitor')
      return reply.code(201).send({ ...shown(value.listed), token: value.token })
    },
  )
  app.get(
    list,
    { onRequest, schema: { summary: 'List the tokens of the account', tags, response: { 200: tokenListSchema } } },
    async (request) => {
      const { id } = signedIn(request)
      const tokens = await readFor(visitOf(request), database, (queryable) => listTokens(queryable, id))
      return { tokens: tokens.map(shown) }
    },
  )
  revokeRoute(app, auth)
}

const revokeRoute = (app: AppServer, { database, ownHops }: Auth): void => {
  app.delete(
    `${list}/:id`,
    {
      onRequest: requiresSession(),
      schema: { summary: 'Revoke a token', tags, params, response: { 204: Type.Void({ description: 'revoked' }) } },
    },
    async (request, reply) => {
      const account = signedIn(request)
      const visit = visitOf(request)
      const revoke = async () => {
        const deleted = await database.write((tx) => deleteToken(tx, account.id, request.params.id), visit)
        if (!deleted.value) throw new RoundtripError('NOT_FOUND', 'There is no such token.')
        return deleted
      }
      const { lsn } = await noted(request, 'token-revoked', callerOf(request, ownHops), revoke, () => ({
        accountId: account.id,
        tokenId: request.params.id,
      }))
      visit.wrote(lsn, 'visitor')
      return reply.code(204).send()
    },
  )
}
