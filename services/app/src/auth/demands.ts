/** What a route's guard asks of who comes, to be read where the API is described. */
import type { onRequestAsyncHookHandler } from 'fastify'
import type { Role } from './account.ts'
import type { Scope } from './token-store.ts'

export interface Demand {
  readonly role: Role
  /** That a token needs; undefined where no token will do. */
  readonly scope: Scope | undefined
}

const demands = new WeakMap<object, Demand>()

/** Says what a guard asks for. @returns the guard */
export const demanding = (demand: Demand, guard: onRequestAsyncHookHandler): onRequestAsyncHookHandler => {
  demands.set(guard, demand)
  return guard
}

/** @param hooks of a route: one, several, or none */
export const demandOf = (hooks: unknown): Demand | undefined =>
  [hooks]
    .flat()
    .filter((hook) => typeof hook === 'function')
    .map((hook) => demands.get(hook))
    .find((demand) => demand !== undefined)
