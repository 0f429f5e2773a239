/** The PURGE method as a layer, for those who may: one URL, or what the Surrogate-Key field names. */
import { RoundtripError } from '@roundtrip/errors'
import { Fields, type HttpContext, type HttpLayer, type HttpRequest } from '@roundtrip/http'
import { keyBy, type KeyRules } from './cache-key.ts'
import type { CacheStore } from './store/cache-store.ts'

export interface PurgeOptions {
  readonly store: CacheStore
  /** Who may purge. Nobody by default: others get 405 and cannot tell whether anything is stored. */
  readonly isAllowed: (request: HttpRequest, context: HttpContext) => boolean
  /** As the cache of the same route has it. */
  readonly key?: KeyRules
}

/** `Soft-Purge: 1` makes stale instead of removing. Answers 200 with the number of responses that were meant here. */
export const purge = ({ store, isAllowed, key = { ignoreQuery: [], sortQuery: false } }: PurgeOptions): HttpLayer => {
  const keyOf = keyBy(key)
  return (next) => (request, context) => {
    if (request.method !== 'PURGE') return next(request, context)
    if (!isAllowed(request, context)) {
      return Promise.reject(new RoundtripError('METHOD_NOT_ALLOWED', undefined, { details: { allow: 'GET, HEAD' } }))
    }
    const soft = request.fields.get('soft-purge') === '1'
    const surrogateKeys = request.fields
      .get('surrogate-key')
      ?.split(/\s+/)
      .filter((one) => one !== '')
    const purged = store.purge(surrogateKeys === undefined ? { soft, url: keyOf(request) } : { soft, surrogateKeys })
    const fields = Fields.of({ 'content-type': 'application/json', 'cache-control': 'no-store' })
    return { status: 200, fields, body: `${JSON.stringify({ purged })}\n` }
  }
}
