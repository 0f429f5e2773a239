/** Accounts: open one for a mailbox that was proven, look at it, change its password or its role. */
import {
  accountSchema,
  codeRequestSchema,
  newAccountSchema,
  passwordChangeSchema,
  passwordResetSchema,
  roleChangeSchema,
  signedInSchema,
  userIdSchema,
} from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { Type } from 'typebox'
import { findById } from '../auth/accounts.ts'
import type { Auth } from '../auth/auth.ts'
import { callerOf } from '../auth/caller.ts'
import { openAccount, resetPassword, sendCode } from '../auth/proven-mailbox.ts'
import { requires, requiresSession, signedIn } from '../auth/requires.ts'
import { changeRole } from '../auth/role-change.ts'
import { noted } from '../auth/security-log.ts'
import { giveSession } from '../auth/session-cookie.ts'
import { changePassword } from '../auth/sign-in.ts'
import { answerTo } from '../auth/signed-in-answer.ts'
import type { AppServer } from '../http/server.ts'
import { readFor } from '../http/read-for.ts'
import { visitOf } from '../http/visit.ts'
import { problemResponse } from './openapi.ts'

const tags = ['accounts']
const nothing = Type.Void({ description: 'done' })

const resetting = {
  summary: 'Choose a new password with the code from the mail; ends all sessions',
  tags,
  body: passwordResetSchema,
  response: { 204: nothing, 422: problemResponse('CODE_WRONG or PASSWORD_REFUSED') },
}

const changingRole = {
  summary: 'Change the role of another account; ends its sessions',
  tags,
  params: Type.Object({ id: userIdSchema }),
  body: roleChangeSchema,
  response: { 204: nothing, 409: problemResponse('CONFLICT: nobody changes their own role') },
}

const changingPassword = {
  summary: 'Change the password; ends all other sessions',
  tags,
  body: passwordChangeSchema,
  response: {
    200: signedInSchema,
    401: problemResponse('CREDENTIALS_WRONG'),
    422: problemResponse('PASSWORD_REFUSED'),
  },
}

const sendingCode = {
  summary: 'Have a code sent: to open an account, or to choose a new password',
  tags,
  body: codeRequestSchema,
  response: { 202: Type.Void({ description: 'a mail is on its way, whether there is an account or not' }) },
}

const opening = {
  summary: 'Open an account with the code from the mail, and sign in',
  tags,
  body: newAccountSchema,
  response: {
    201: {
      description: 'opened, and signed in',
      headers: { location: Type.String({ description: 'the account' }) },
      content: { 'application/json': { schema: signedInSchema } },
    },
    422: problemResponse('CODE_WRONG or PASSWORD_REFUSED'),
  },
}

export const accountRoutes = (app: AppServer, auth: Auth): void => {
  mailboxRoutes(app, auth)
  app.get(
    '/api/accounts/me',
    {
      onRequest: requires('customer'),
      schema: { summary: 'Get the account that asks', tags, response: { 200: accountSchema } },
    },
    async (request) => {
      const { id } = signedIn(request)
      const account = await readFor(visitOf(request), auth.database, (queryable) => findById(queryable, id))
      if (account === undefined) throw new RoundtripError('UNAUTHENTICATED')
      const { passwordHash: _, ...shown } = account
      return shown
    },
  )
  changeRoutes(app, auth)
}

/** What needs a session: no token can do it. */
const changeRoutes = (app: AppServer, auth: Auth): void => {
  app.put(
    '/api/accounts/me/password',
    {
      onRequest: requiresSession(),
      schema: changingPassword,
    },
    async (request, reply) => {
      const caller = callerOf(request, auth.ownHops)
      const account = signedIn(request)
      const change = () => changePassword(auth, account, request.body, caller, visitOf(request))
      const result = await noted(request, 'password-changed', caller, change, () => ({ accountId: account.id }))
      giveSession(reply, result.sessionId)
      return answerTo(auth, result)
    },
  )
  app.put(
    '/api/accounts/:id/role',
    {
      onRequest: requiresSession('admin'),
      schema: changingRole,
    },
    async (request, reply) => {
      const { id } = request.params
      const { role } = request.body
      const change = () => changeRole(auth, signedIn(request), { id, role }, visitOf(request))
      await noted(request, 'role-changed', callerOf(request, auth.ownHops), change, () => ({
        accountId: id,
        role,
        by: signedIn(request).id,
      }))
      return reply.code(204).send()
    },
  )
}

/** For who cannot sign in yet, or no more. */
const mailboxRoutes = (app: AppServer, auth: Auth): void => {
  app.post('/api/accounts/codes', { schema: sendingCode }, async (request, reply) => {
    const { purpose, email } = request.body
    const caller = callerOf(request, auth.ownHops)
    const send = () => sendCode(auth, purpose, email, caller, visitOf(request))
    await noted(request, 'code-sent', caller, send, () => ({ purpose }))
    return reply.code(202).send()
  })
  app.post('/api/accounts', { schema: opening }, async (request, reply) => {
    const caller = callerOf(request, auth.ownHops)
    const open = () => openAccount(auth, request.body, caller, visitOf(request))
    const result = await noted(request, 'account-opened', caller, open, ({ account }) => ({ accountId: account.id }))
    giveSession(reply, result.sessionId)
    return reply.code(201).header('location', '/api/accounts/me').send(answerTo(auth, result))
  })
  app.put('/api/accounts/password', { schema: resetting }, async (request, reply) => {
    const caller = callerOf(request, auth.ownHops)
    await noted(request, 'password-reset', caller, () => resetPassword(auth, request.body, caller, visitOf(request)))
    return reply.code(204).send()
  })
}
