/** Who is refused last when there is too much to do, and who first: all on this page. */
import type { Priority } from '@roundtrip/load-shedding'
import { keepingByRoute } from '../http/cache-control.ts'

/** What is asked, as far as that matters here. */
export interface Asked {
  readonly method: string
  /** The pattern of its route; undefined where there is none. */
  readonly route: string | undefined
}

const isBelow = (route: string, folders: readonly string[]): boolean =>
  folders.some((folder) => route === folder || route.startsWith(`${folder}/`))

/** Whoever watches over the process must be told how it is, above all when it is not well. */
const isProbe = (route: string): boolean => isBelow(route, ['/health'])

/** What customers came to do: a shop under pressure goes on taking money. */
const isPurchase = (route: string): boolean => isBelow(route, ['/api/cart', '/api/orders', '/cart', '/orders'])

/** Whoever may come in is let in: many buy only then. */
const isSignIn = (route: string): boolean => isBelow(route, ['/api/sessions', '/sign-in'])

/** The edge has an answer in its cache, and may serve it stale. */
const isKeptElsewhere = ({ method }: Asked, route: string): boolean =>
  (method === 'GET' || method === 'HEAD') && (keepingByRoute[route] ?? 'nobody') !== 'nobody'

/** Undefined: never refused. */
export const priorityOf = (asked: Asked): Priority | undefined => {
  const { route = '' } = asked
  if (isProbe(route)) return undefined
  if (isPurchase(route) || isSignIn(route)) return 'critical'
  return isKeptElsewhere(asked, route) ? 'sheddable' : 'normal'
}
