/** One state of the edge: its routes and their pipelines. Requests that began in it end in it. */
import type { HttpHandler, HttpRequest } from '@roundtrip/http'
import { RouteFigures } from '@roundtrip/metrics'
import type { Pool } from '@roundtrip/upstream'
import { routePipeline, type SharedParts } from '../pipeline.ts'
import { noRoutePipeline } from '../routing/no-route.ts'
import { createRouter } from '../routing/router.ts'
import type { EdgeFile } from '../settings/edge-file.ts'
import type { RouteSettings } from '../settings/route-settings.ts'

export interface RouteTableOptions {
  readonly file: EdgeFile
  readonly shared: SharedParts
  /** All that the routes name. */
  readonly pools: ReadonlyMap<string, Pool>
  /** Of the table before: routes that stay go on counting. */
  readonly figures: ReadonlyMap<string, RouteFigures>
}

interface BuiltRoute {
  readonly settings: RouteSettings
  readonly handler: HttpHandler
}

export class RouteTable {
  readonly file: EdgeFile
  readonly figures: ReadonlyMap<string, RouteFigures>
  readonly #find: (request: HttpRequest) => BuiltRoute | undefined
  readonly #otherwise: HttpHandler
  #inFlight = 0
  #idle: PromiseWithResolvers<void> | undefined

  /** @throws RoundtripError `SETTINGS_INVALID` */
  constructor({ file, shared, pools, figures }: RouteTableOptions) {
    this.file = file
    this.figures = new Map(file.routes.map(({ name }) => [name, figures.get(name) ?? new RouteFigures('edge', name)]))
    this.#find = createRouter(file.routes.map((route) => this.#built(route, shared, pools)))
    this.#otherwise = noRoutePipeline({ ...shared, hosts: file.hosts })
  }

  readonly handler: HttpHandler = (request, context) => {
    this.#inFlight++
    context.onSettled(this.#left)
    return (this.#find(request)?.handler ?? this.#otherwise)(request, context)
  }

  /** Which route takes a request; undefined when none does. */
  routeOf(request: HttpRequest): RouteSettings | undefined {
    return this.#find(request)?.settings
  }

  /** Resolves when no request is in flight that began here. */
  async idle(): Promise<void> {
    if (this.#inFlight > 0) await (this.#idle ??= Promise.withResolvers()).promise
  }

  readonly #left = (): void => {
    if (--this.#inFlight === 0) this.#idle?.resolve()
  }

  #built(route: RouteSettings, shared: SharedParts, pools: ReadonlyMap<string, Pool>) {
    const pool = pools.get(route.pool)
    const figures = this.figures.get(route.name)
    if (pool === undefined || figures === undefined) throw new Error(`there is no pool ${route.pool}`)
    const { hosts, path, exact, methods } = route
    const handler = routePipeline(shared, { settings: route, pool, figures })
    return { match: { hosts, path, exact, methods }, value: { settings: route, handler } }
  }
}
