/** Keeps clients with the member that has answered them, by a cookie of the edge's own. */
import type { HttpLayer, HttpRequest, HttpResponse } from '@roundtrip/http'
import { whenAnswered } from '@roundtrip/pipeline'
import type { Pool } from './pool.ts'

/** The fact in which `balance` leaves the name of the member that answered this very request. */
export const answeredBy = 'sticky'

const set = (response: HttpResponse, pool: Pool, { fields }: HttpRequest, name: unknown): HttpResponse => {
  const { sticky } = pool
  const member = pool.members.find((one) => one.name === name)
  if (sticky === undefined || member === undefined || sticky.memberOf({ fields }) === member) return response
  response.fields.append('set-cookie', sticky.setCookie(member))
  // Caches behind us would send everybody to this member.
  response.fields.append('cache-control', 'private')
  if (response.fields.has('cdn-cache-control')) response.fields.set('cdn-cache-control', 'private')
  return response
}

/**
 * Stands above a cache, so that what is kept for all has nobody's cookie in it: only who has made a member answer gets
 * one, and only when they are not with that member already, after their first request or when theirs is out.
 */
export const stick =
  (pool: Pool): HttpLayer =>
  (next) =>
  (request, context) => {
    const answer = next(request, context)
    if (pool.sticky === undefined) return answer
    return whenAnswered(answer, (response) => set(response, pool, request, context.facts[answeredBy]))
  }
