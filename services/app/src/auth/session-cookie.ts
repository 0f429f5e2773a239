/** The cookie that carries a session's id, for as long as the browser is open. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readCookie, writeCookie } from '../http/cookies.ts'
import type { Sessions } from './sessions.ts'

export const sessionCookie = '__Host-session'

export const giveSession = (reply: FastifyReply, id: string): void => writeCookie(reply, sessionCookie, { value: id })

export const takeSession = (reply: FastifyReply): void =>
  writeCookie(reply, sessionCookie, { value: '', maxAgeSeconds: 0 })

/** A browser that signs in anew has no more use for the session that it had, whoever's it was. */
export const endShownSession = async (request: FastifyRequest, sessions: Sessions): Promise<void> => {
  const id = readCookie(request, sessionCookie)
  const session = id === undefined ? undefined : await sessions.find(id)
  if (session !== undefined) await sessions.end(session.account.id, session.name)
}
