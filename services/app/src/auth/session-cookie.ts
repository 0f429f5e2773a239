/** The cookie that carries a session's id, for as long as the browser is open. */
import type { FastifyReply } from 'fastify'
import { writeCookie } from '../http/cookies.ts'

export const sessionCookie = '__Host-session'

export const giveSession = (reply: FastifyReply, id: string): void => writeCookie(reply, sessionCookie, { value: id })

export const takeSession = (reply: FastifyReply): void =>
  writeCookie(reply, sessionCookie, { value: '', maxAgeSeconds: 0 })
