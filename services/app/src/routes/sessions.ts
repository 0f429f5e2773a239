/** Sessions: sign in, see where one is signed in, sign out here or everywhere. */
import { credentialsSchema, sessionListSchema, signedInSchema } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { Type } from 'typebox'
import type { Auth } from '../auth/auth.ts'
import { callerOf } from '../auth/caller.ts'
import { requiresSession, sessionNameOf, signedIn } from '../auth/requires.ts'
import { noted } from '../auth/security-log.ts'
import { endShownSession, giveSession, takeSession } from '../auth/session-cookie.ts'
import { signIn } from '../auth/sign-in.ts'
import { answerTo } from '../auth/signed-in-answer.ts'
import type { AppServer } from '../http/server.ts'
import { visitOf } from '../http/visit.ts'
import { problemResponse } from './openapi.ts'

const tags = ['sessions']
const list = '/api/sessions'
const done = { 204: Type.Void({ description: 'ended' }) }
const params = Type.Object({ name: Type.String({ pattern: String.raw`^[\w-]{43}$` }) })

export const sessionRoutes = (app: AppServer, auth: Auth): void => {
  const { sessions } = auth
  app.post(
    list,
    {
      schema: {
        summary: 'Sign in',
        tags,
        body: credentialsSchema,
        response: {
          201: {
            description: 'signed in; the cookie carries the session',
            headers: { location: Type.String({ description: 'the session' }) },
            content: { 'application/json': { schema: signedInSchema } },
          },
          401: problemResponse('CREDENTIALS_WRONG'),
          429: problemResponse('RATE_LIMITED, with Retry-After'),
        },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request, auth.ownHops)
      const enter = () => signIn(auth, request.body, caller, visitOf(request))
      const result = await noted(request, 'signed-in', caller, enter, ({ account }) => ({ accountId: account.id }))
      await endShownSession(request, sessions)
      giveSession(reply, result.sessionId)
      return reply.code(201).header('location', `${list}/current`).send(answerTo(auth, result))
    },
  )
  readRoutes(app, auth)
  endRoutes(app, auth)
}

const readRoutes = (app: AppServer, auth: Auth): void => {
  const { sessions } = auth
  app.get(
    list,
    {
      onRequest: requiresSession(),
      schema: { summary: 'List the sessions of the account', tags, response: { 200: sessionListSchema } },
    },
    async (request) => {
      const own = sessionNameOf(request)
      const listed = await sessions.list(signedIn(request).id)
      return { sessions: listed.map((one) => ({ ...one, isThisOne: one.name === own })) }
    },
  )
  app.get(
    `${list}/current`,
    {
      onRequest: requiresSession(),
      schema: { summary: 'Get the session that asks', tags, response: { 200: signedInSchema } },
    },
    async (request) => ({ account: signedIn(request), csrfToken: auth.csrfTokenOf(sessionNameOf(request)) }),
  )
}

const endRoutes = (app: AppServer, auth: Auth): void => {
  const { sessions } = auth
  app.delete(
    list,
    { onRequest: requiresSession(), schema: { summary: 'Sign out everywhere', tags, response: done } },
    async (request, reply) => {
      const { id } = signedIn(request)
      const end = () => sessions.endAll(id)
      await noted(request, 'sessions-ended', callerOf(request, auth.ownHops), end, () => ({ accountId: id }))
      takeSession(reply)
      return reply.code(204).send()
    },
  )
  app.delete(
    `${list}/current`,
    { onRequest: requiresSession(), schema: { summary: 'Sign out', tags, response: done } },
    async (request, reply) => {
      const { id } = signedIn(request)
      const end = () => sessions.end(id, sessionNameOf(request))
      await noted(request, 'signed-out', callerOf(request, auth.ownHops), end, () => ({ accountId: id }))
      takeSession(reply)
      return reply.code(204).send()
    },
  )
  app.delete(
    `${list}/:name`,
    {
      onRequest: requiresSession(),
      schema: { summary: 'End one session of the account', tags, params, response: done },
    },
    async (request, reply) => {
      const { id } = signedIn(request)
      const end = async (): Promise<void> => {
        if (!(await sessions.end(id, request.params.name)))
          throw new RoundtripError('NOT_FOUND', 'There is no such session.')
      }
      await noted(request, 'sessions-ended', callerOf(request, auth.ownHops), end, () => ({ accountId: id }))
      if (request.params.name === sessionNameOf(request)) takeSession(reply)
      return reply.code(204).send()
    },
  )
}
