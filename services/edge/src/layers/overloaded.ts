/** What those are told whom nobody has time for: 503, and when to come back (RFC 9110 §15.6.4). */
import { RoundtripError } from '@roundtrip/errors'
import { problemResponse, type HttpContext, type HttpResponse } from '@roundtrip/http'

/** Those who are refused together should not come back together. */
const longestRetryAfterSeconds = 5

/** Made once: who has no time to answer has none for stack traces. */
const overloaded = new RoundtripError('OVERLOADED')

export const overloadedResponse = (context: HttpContext, random: () => number): HttpResponse => {
  context.facts['code'] = overloaded.code
  const response = problemResponse(overloaded, context.requestId)
  response.fields.set('retry-after', 1 + Math.floor(random() * longestRetryAfterSeconds))
  return response
}
