/** The pages of accounts: sign up, sign in, sign out, change the password. Plain forms, no script. */
import { credentialsSchema, newAccountSchema, passwordChangeSchema, passwordResetSchema } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { accountOf } from '../auth/account.ts'
import { findById } from '../auth/accounts.ts'
import type { Auth } from '../auth/auth.ts'
import { callerOf } from '../auth/caller.ts'
import type { MailCodePurpose } from '../auth/mail-code.ts'
import { openAccount, resetPassword, sendCode } from '../auth/proven-mailbox.ts'
import { requiresSession, sessionNameOf, signedIn } from '../auth/requires.ts'
import { noted } from '../auth/security-log.ts'
import { endShownSession, giveSession, takeSession } from '../auth/session-cookie.ts'
import { changePassword, signIn } from '../auth/sign-in.ts'
import { formBody } from '../http/form-body.ts'
import { sendPage } from '../http/send-page.ts'
import type { AppServer } from '../http/server.ts'
import { readFor } from '../http/read-for.ts'
import { visitOf } from '../http/visit.ts'
import { accountPage } from '../pages/account-page.ts'
import { codePage, codeRequestPage, signInPage } from '../pages/sign-in-pages.ts'

const hide = true // Pages are no part of the API's description.

export const accountPageRoutes = (app: AppServer, auth: Auth): void => {
  formBody(app)
  signInRoutes(app, auth)
  mailboxRoutes(app, auth)
  ownRoutes(app, auth)
}

/** Shows the form again with what was wrong; what is not the visitor's doing gets an error page. */
const orShowAgain = async (
  reply: FastifyReply,
  work: () => Promise<FastifyReply>,
  render: (problem: string) => string | Promise<string>,
): Promise<FastifyReply> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RoundtripError) || error.status >= 500) throw error
    const { retryAfterSeconds } = error.details
    if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds)
    // Not 401: that would need a challenge, and browsers would ask for a password of their own.
    return sendPage(reply.code(error.status === 401 ? 422 : error.status), await render(error.message))
  }
}

const signInRoutes = (app: AppServer, auth: Auth): void => {
  app.get('/sign-in', { schema: { hide } }, async (request, reply) =>
    accountOf(request) === undefined ? sendPage(reply, signInPage()) : reply.redirect('/account', 303),
  )
  app.post('/sign-in', { schema: { hide, body: credentialsSchema } }, async (request, reply) => {
    const caller = callerOf(request, auth.ownHops)
    const enter = async () => {
      const sign = () => signIn(auth, request.body, caller, visitOf(request))
      const { sessionId } = await noted(request, 'signed-in', caller, sign, ({ account }) => ({
        accountId: account.id,
      }))
      await endShownSession(request, auth.sessions)
      giveSession(reply, sessionId)
      return reply.redirect('/account', 303)
    }
    return orShowAgain(reply, enter, (problem) => signInPage({ email: request.body.email, problem }))
  })
  app.post(
    '/sign-out',
    { onRequest: requiresSession(), schema: { hide, body: Type.Object({}, { additionalProperties: false }) } },
    async (request, reply) => {
      const { id } = signedIn(request)
      const end = () => auth.sessions.end(id, sessionNameOf(request))
      await noted(request, 'signed-out', callerOf(request, auth.ownHops), end, () => ({ accountId: id }))
      takeSession(reply)
      return reply.redirect('/sign-in', 303)
    },
  )
}

const { email } = credentialsSchema.properties
const emailOnly = Type.Object({ email }, { additionalProperties: false })

const mailboxRoutes = (app: AppServer, auth: Auth): void => {
  for (const purpose of ['sign-up', 'password-reset'] as const) codeRoutes(app, auth, purpose)
  app.post('/sign-up/confirm', { schema: { hide, body: newAccountSchema } }, async (request, reply) => {
    const { body } = request
    const caller = callerOf(request, auth.ownHops)
    const open = async () => {
      const work = () => openAccount(auth, body, caller, visitOf(request))
      const opened = await noted(request, 'account-opened', caller, work, ({ account }) => ({ accountId: account.id }))
      giveSession(reply, opened.sessionId)
      return reply.redirect('/account', 303)
    }
    return orShowAgain(reply, open, (problem) => codePage('sign-up', body.email, { name: body.name, problem }))
  })
  app.post('/password-reset/confirm', { schema: { hide, body: passwordResetSchema } }, async (request, reply) => {
    const { body } = request
    const caller = callerOf(request, auth.ownHops)
    const reset = async () => {
      await noted(request, 'password-reset', caller, () => resetPassword(auth, body, caller, visitOf(request)))
      return reply.redirect('/sign-in', 303)
    }
    return orShowAgain(reply, reset, (problem) => codePage('password-reset', body.email, { problem }))
  })
}

const codeRoutes = (app: AppServer, auth: Auth, purpose: MailCodePurpose): void => {
  app.get(`/${purpose}`, { schema: { hide } }, async (_, reply) => sendPage(reply, codeRequestPage(purpose)))
  app.post(`/${purpose}`, { schema: { hide, body: emailOnly } }, async (request, reply) => {
    const caller = callerOf(request, auth.ownHops)
    const address = request.body.email
    const send = async () => {
      const work = () => sendCode(auth, purpose, address, caller, visitOf(request))
      await noted(request, 'code-sent', caller, work, () => ({ purpose }))
      return sendPage(reply, codePage(purpose, address))
    }
    return orShowAgain(reply, send, (problem) => codeRequestPage(purpose, { email: address, problem }))
  })
}

const ownPage = async (auth: Auth, request: FastifyRequest, problem?: string): Promise<string> => {
  const { id } = signedIn(request)
  const own = sessionNameOf(request)
  const account = await readFor(visitOf(request), auth.database, (queryable) => findById(queryable, id))
  if (account === undefined) throw new RoundtripError('UNAUTHENTICATED')
  const sessions = (await auth.sessions.list(id)).map((one) => ({ ...one, isThisOne: one.name === own }))
  return accountPage({
    ...account,
    sessions,
    csrfToken: auth.csrfTokenOf(own),
    ...(problem !== undefined && { problem }),
  })
}

const ownRoutes = (app: AppServer, auth: Auth): void => {
  app.get('/account', { schema: { hide } }, async (request, reply) =>
    accountOf(request) === undefined ? reply.redirect('/sign-in', 303) : sendPage(reply, await ownPage(auth, request)),
  )
  app.post(
    '/account/password',
    { onRequest: requiresSession(), schema: { hide, body: passwordChangeSchema } },
    async (request, reply) => {
      const caller = callerOf(request, auth.ownHops)
      const account = signedIn(request)
      const save = async () => {
        const work = () => changePassword(auth, account, request.body, caller, visitOf(request))
        const { sessionId } = await noted(request, 'password-changed', caller, work, () => ({ accountId: account.id }))
        giveSession(reply, sessionId)
        return reply.redirect('/account', 303)
      }
      return orShowAgain(reply, save, (problem) => ownPage(auth, request, problem))
    },
  )
  const named = Type.Object(
    { name: Type.String({ pattern: String.raw`^[\w-]{43}$` }) },
    { additionalProperties: false },
  )
  app.post(
    '/account/sessions/end',
    { onRequest: requiresSession(), schema: { hide, body: named } },
    async (request, reply) => {
      const { id } = signedIn(request)
      const end = () => auth.sessions.end(id, request.body.name)
      await noted(request, 'sessions-ended', callerOf(request, auth.ownHops), end, () => ({ accountId: id }))
      return reply.redirect('/account', 303)
    },
  )
}
