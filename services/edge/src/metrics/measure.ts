/** Counts what a route answers and how long its head took. */
import type { HttpLayer } from '@roundtrip/http'
import type { RouteFigures } from '@roundtrip/metrics'
import { onAnswer } from '@roundtrip/pipeline'

/** Around `error-response`: a failure counts by the status that the client was sent. */
export const measure = (figures: RouteFigures): HttpLayer =>
  onAnswer((response, _request, context) => {
    figures.record(response.status, context.elapsedMs)
    return response
  })
