/** Turns whatever the layers below throw into a problem response, and logs it once. */
import { toRoundtripError } from '@roundtrip/errors'
import { isPending, later } from '@roundtrip/pipeline'
import type { HttpContext, HttpLayer, HttpResponse } from '../message.ts'
import { problemResponse } from '../problem.ts'

/** Failures of our own side are errors, of a neighbour warnings, of the client only facts of its log line. */
export const errorResponse = (): HttpLayer => (next) => (request, context) => {
  try {
    const answer = next(request, context)
    return isPending(answer) ? later(answer).after(undefined, explain, context, undefined) : answer
  } catch (thrown) {
    return explain(thrown, context)
  }
}

const explain = (thrown: unknown, context: HttpContext): HttpResponse => {
  const error = toRoundtripError(thrown)
  const facts = { error, code: error.code, requestId: context.requestId, traceId: context.trace.traceId }
  context.facts['code'] = error.code
  if (error.source === 'internal') context.log.error(facts, error.message)
  else if (error.source === 'upstream') context.log.warn(facts, error.message)
  else context.log.debug(facts, error.message)
  return problemResponse(error, context.requestId)
}
