/** Refuses what would only make matters worse: more than a member may be given, or anything while a whole pool fails. */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpLayer } from '@roundtrip/http'
import type { Attempt } from './attempt.ts'
import type { Pool } from './pool.ts'

/**
 * Below `balance`. Connections and those who wait for one are bounded by the transport itself.
 * Rejects with `UPSTREAM_OVERLOADED`, which another member may still take, or `UPSTREAM_CIRCUIT_OPEN`.
 */
export const circuitBreaker =
  (pool: Pool): HttpLayer =>
  (next) =>
  (request, context) => {
    const { nextHop } = request as Attempt
    const { maxRequests } = pool.settings.circuitBreaker
    if (nextHop.inFlight >= maxRequests) return Promise.reject(refused(pool, 'UPSTREAM_OVERLOADED', nextHop.name))
    if (!pool.breaker.admit()) return Promise.reject(refused(pool, 'UPSTREAM_CIRCUIT_OPEN', nextHop.name))
    return next(request, context)
  }

const refused = (pool: Pool, code: 'UPSTREAM_OVERLOADED' | 'UPSTREAM_CIRCUIT_OPEN', member: string): RoundtripError => {
  pool.counters.overflows++
  return new RoundtripError(code, undefined, { details: { upstream: pool.name, member, sent: false } })
}
