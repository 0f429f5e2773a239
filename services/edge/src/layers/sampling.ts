/** Decides whether a request is traced: what tiers behind us read from `traceparent` (W3C Trace Context §3.2.2.5). */
import type { HttpContext, HttpLayer } from '@roundtrip/http'

export type Sampling = 'always' | 'sampled' | 'never'

const isSampled = (sampling: Sampling, { trace }: HttpContext): boolean =>
  sampling === 'sampled' ? trace.sampled : sampling === 'always'

/** @param sampling `sampled` leaves it to the client */
export const sample =
  (sampling: Sampling): HttpLayer =>
  (next) =>
  async (request, context) =>
    next(request, { ...context, trace: { ...context.trace, sampled: isSampled(sampling, context) } })
