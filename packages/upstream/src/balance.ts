/** Chooses the member of a pool that shall have the request. */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpContext, HttpLayer, HttpResponse } from '@roundtrip/http'
import { whenAnswered } from '@roundtrip/pipeline'
import { attemptOf } from './attempt.ts'
import type { Member } from './member.ts'
import type { Pool } from './pool.ts'
import { answeredBy } from './stick.ts'

/**
 * Sets `nextHop` for the layers below; leaves `upstream` (the member's name) and `attempts` in the context's facts, and
 * where clients are kept with their members `sticky`, for `stick`.
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
    const answer = next(attempt, context)
    return pool.sticky === undefined ? answer : whenAnswered(answer, noteAnswer, context, member)
  }

const noteAnswer = (response: HttpResponse, context: HttpContext, member: Member): HttpResponse => {
  context.facts[answeredBy] = member.name
  return response
}
