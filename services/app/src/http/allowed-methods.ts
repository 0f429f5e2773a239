/** OPTIONS and 405 for every route (RFC 9110 §9.3.7, §15.5.6; RFC 5789 §3.1), from the routes themselves. */
import { RoundtripError } from '@roundtrip/errors'
import { mergePatchMediaType } from './merge-patch-body.ts'
import type { AppServer } from './server.ts'

interface Address {
  readonly pattern: RegExp
  readonly methods: Set<string>
}

/** `/products/:slug` matches one non-empty segment in the place of `:slug`. */
const patternOf = (url: string): RegExp => {
  const source = url
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : RegExp.escape(segment)))
    .join('/')
  return new RegExp(`^${source}$`)
}

/**
 * Stands before the routes: it learns of each one as it is added. A request that found no route is answered before its
 * body is looked at.
 */
export const allowedMethods = (app: AppServer): void => {
  const addresses = new Map<string, Address>()
  app.addHook('onRoute', ({ url, method }) => {
    const address = addresses.get(url) ?? { pattern: patternOf(url), methods: new Set(['OPTIONS']) }
    for (const each of [method].flat()) address.methods.add(each)
    addresses.set(url, address)
  })
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done()
    const [path = ''] = request.url.split('?')
    const methods = [...addresses.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap((one) => [...one.methods])
    if (methods.length === 0) throw new RoundtripError('NOT_FOUND', `There is nothing at ${path}.`)
    const allow = [...new Set(methods)].toSorted().join(', ')
    if (methods.includes('PATCH')) reply.header('accept-patch', mergePatchMediaType)
    if (request.method === 'OPTIONS') return void reply.code(204).header('allow', allow).send()
    throw new RoundtripError('METHOD_NOT_ALLOWED', `${request.method} is not supported here; allowed are ${allow}.`, {
      details: { allow },
    })
  })
}
