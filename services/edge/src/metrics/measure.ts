/** Counts what a route answers and how long its head took. */
import type { HttpLayer } from '@roundtrip/http'
import type { RouteFigures } from '@roundtrip/metrics'

/** Around `error-response`: a failure counts by the status that the client was sent. */
export const measure =
  (figures: RouteFigures): HttpLayer =>
  (next) =>
  (request, context) =>
    next(request, context).then((response) => {
      figures.record(response.status, context.elapsedMs)
      return response
    })
