/** Who asks: the account that a session or a token names, known to every route before its handler runs. */
import type { FastifyRequest } from 'fastify'
import type { AppServer } from '../http/server.ts'

/** Each may do what those before it may. */
export const roles = ['customer', 'staff', 'admin'] as const
export type Role = (typeof roles)[number]

export interface Account {
  /** The user's id. */
  readonly id: string
  readonly role: Role
}

const accountKey = 'account'

/** Nobody, until something finds out who it is. */
export const account = (app: AppServer): void => {
  app.decorateRequest(accountKey)
}

/** Undefined for visitors who have not signed in. */
export const accountOf = (request: FastifyRequest): Account | undefined =>
  request.getDecorator<Account | undefined>(accountKey)
