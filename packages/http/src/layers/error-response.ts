/** Turns whatever the layers below throw into a problem response, and logs it once. */
import { toRoundtripError } from '@roundtrip/errors'
import { isPending, later } from '@roundtrip/pipeline'
import type { HttpContext, HttpLayer, HttpResponse } from '../message.ts'
import { problemResponse } from '../problem.ts'

export interface ErrorResponseOptions {
  /** Adds what else clients are told of a failure, such as what a cache on the way had to do with it. */
  readonly complete?: (response: HttpResponse, context: HttpContext) => void
}

/** Failures of our own side are errors, of a neighbour warnings, of the client only facts of its log line. */
export const errorResponse =
  ({ complete }: ErrorResponseOptions = {}): HttpLayer =>
  (next) =>
  (request, context) => {
    try {
      const answer = next(request, context)
      return isPending(answer) ? later(answer).after(undefined, explain, context, complete) : answer
    } catch (thrown) {
      return explain(thrown, context, complete)
    }
  }

const explain = (thrown: unknown, context: HttpContext, complete: ErrorResponseOptions['complete']): HttpResponse => {
  const error = toRoundtripError(thrown)
  const facts = { error, code: error.code, requestId: context.requestId, traceId: context.trace.traceId }
  context.facts['code'] = error.code
  if (error.source === 'internal') context.log.error(facts, error.message)
  else if (error.source === 'upstream') context.log.warn(facts, error.message)
  else context.log.debug(facts, error.message)
  const response = problemResponse(error, context.requestId)
  complete?.(response, context)
  return response
}
