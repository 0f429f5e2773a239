/** Rate, errors and duration of each route (the RED method). */
import { addUp, RouteFigures, type Metric } from '@roundtrip/metrics'
import { timingsOf } from '../http/request-context.ts'
import type { AppServer } from '../http/server.ts'

export class RequestFigures {
  readonly #routes = new Map<string, RouteFigures>()

  /** @param route as the application knows it, never what a client wrote: there must not be more than a number of them */
  record(route: string, status: number, firstByteMs: number): void {
    let figures = this.#routes.get(route)
    if (figures === undefined) this.#routes.set(route, (figures = new RouteFigures('app', route)))
    figures.record(status, firstByteMs)
  }

  /** Routes share the names of their metrics. */
  get metrics(): readonly Metric[] {
    return addUp([...this.#routes.values()].map(({ metrics }) => metrics))
  }
}

/** Failures count too, by the status that the client was sent. */
export const measure = (app: AppServer, figures: RequestFigures): void => {
  app.addHook('onSend', (request, reply, _payload, done) => {
    const { url } = request.routeOptions
    const route = url === undefined ? 'none' : `${request.method} ${url}`
    figures.record(route, reply.statusCode, timingsOf(request).elapsedMs)
    done()
  })
}
