/** Counts what a route answers and how long its head took. */
import type { HttpLayer } from '@roundtrip/http'
import type { RouteFigures } from '@roundtrip/metrics'
import { whenAnswered } from '@roundtrip/pipeline'

/** Around `error-response`: a failure counts by the status that the client was sent. */
export const measure =
  (figures: RouteFigures): HttpLayer =>
  (next) =>
  (request, context) =>
    whenAnswered(next(request, context), (response) => {
      figures.record(response.status, context.elapsedMs)
      return response
    })
