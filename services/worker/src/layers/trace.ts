/** Continues the trace of the request that enqueued the job (W3C Trace Context), or starts one. */
import { childOf, newTrace, parseTraceParent } from '@roundtrip/http'
import type { JobLayer } from '../job.ts'

export const trace = (): JobLayer => (next) => (job, context) => {
  const caller = parseTraceParent(traceParentOf(job.payload))
  const own = caller === undefined ? newTrace(false) : childOf(caller)
  return next(job, { ...context, trace: own, log: context.log.child({ traceId: own.traceId, jobId: job.id }) })
}

/** Runs before validation, so nothing is taken for granted. */
const traceParentOf = (payload: unknown): string | undefined => {
  if (typeof payload !== 'object' || payload === null || !('traceparent' in payload)) return undefined
  return typeof payload.traceparent === 'string' ? payload.traceparent : undefined
}
