/** Chooses the member of a pool that shall have the request, and keeps clients with their members by cookie. */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpLayer, HttpResponse } from '@roundtrip/http'
import { whenAnswered } from '@roundtrip/pipeline'
import { attemptOf, type Attempt } from './attempt.ts'
import type { Member } from './member.ts'
import type { Pool } from './pool.ts'
import type { StickyCookie } from './selection/sticky-cookie.ts'

/**
 * Sets `nextHop` for the layers below; leaves `upstream` (the member's name) and `attempts` in the context's facts.
 * Rejects with `NO_HEALTHY_UPSTREAM` when there is nobody.
 */
export const balance =
  (pool: Pool): HttpLayer =>
  (next) =>
  (request, context) => {
    const attempt = attemptOf(request)
    const member = pool.choose(attempt, context)
    if (member === undefined) {
      pool.counters.withoutMember++
      const details = { upstream: pool.name, sent: false }
      return Promise.reject(new RoundtripError('NO_HEALTHY_UPSTREAM', undefined, { details }))
    }
    if (attempt.tried.length === 0) pool.counters.requests++
    else if (attempt.isHedge) member.counters.hedges++
    else member.counters.retries++
    attempt.tried.push(member)
    attempt.nextHop = member
    context.facts['upstream'] = member.name
    context.facts['attempts'] = attempt.tried.length
    const { sticky } = pool
    return sticky === undefined
      ? next(attempt, context)
      : whenAnswered(next(attempt, context), (response) => stick(sticky, attempt, member, response))
  }

/** Only when the client is not with this member already: after its first request, or when its member is out. */
const stick = (sticky: StickyCookie, attempt: Attempt, member: Member, response: HttpResponse): HttpResponse => {
  if (sticky.memberOf(attempt) === member) return response
  response.fields.append('set-cookie', sticky.setCookie(member))
  // A shared cache that kept the answer would send everybody to this member.
  response.fields.append('cache-control', 'private')
  return response
}
