/** The application, read top to bottom: what runs for each request, then the routes. */
import { sessionPosition, type Database } from '@roundtrip/postgres'
import type { Health } from '@roundtrip/service'
import type { FastifyBaseLogger } from 'fastify'
import { account } from './auth/account.ts'
import type { Auth } from './auth/auth.ts'
import { refuseForgeries } from './auth/csrf.ts'
import type { AppSettings } from './config.ts'
import { accessLog } from './http/access-log.ts'
import { allowedMethods } from './http/allowed-methods.ts'
import { cacheDirectives } from './http/cache-control.ts'
import { createCartAccess } from './http/cart-access.ts'
import { cors } from './http/cors.ts'
import { errorEnvelope } from './http/error-envelope.ts'
import { keysFrom } from './http/keys.ts'
import { loadShed } from './http/load-shed.ts'
import { requestContext } from './http/request-context.ts'
import { createServer, type AppServer } from './http/server.ts'
import { serverTiming } from './http/server-timing.ts'
import { positionTtlMs } from './http/session-position.ts'
import type { Clock } from './http/timings.ts'
import { visits } from './http/visit.ts'
import type { LoadShedder } from './load/load-shedder.ts'
import { measure, type RequestFigures } from './metrics/request-figures.ts'
import { accountPageRoutes } from './routes/account-pages.ts'
import { accountRoutes } from './routes/accounts.ts'
import { healthRoutes } from './routes/health.ts'
import { cartPageRoutes } from './routes/cart-pages.ts'
import { cartRoutes } from './routes/carts.ts'
import { describeApi, openapiRoutes } from './routes/openapi.ts'
import { orderRoutes } from './routes/orders.ts'
import { pageRoutes } from './routes/pages.ts'
import { productRoutes } from './routes/products.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { userRoutes } from './routes/users.ts'
import type { Catalogue } from './shop/catalogue.ts'
import type { Checkout } from './shop/checkout.ts'
import { createCursors } from './shop/cursor.ts'

export interface AppOptions {
  readonly instance: string
  readonly settings: Pick<
    AppSettings,
    'secret' | 'publicOrigin' | 'corsOrigins' | 'purgeUrl' | 'maxBodyBytes' | 'requestTimeoutMs'
  >
  readonly database: Database
  readonly auth: Auth
  readonly catalogue: Catalogue
  readonly checkout: Checkout
  readonly health: () => Promise<Health>
  readonly shedder: Pick<LoadShedder, 'admit' | 'left'>
  readonly requests: RequestFigures
  readonly log: FastifyBaseLogger
  readonly clock?: Clock
}

export const buildApp = async (options: AppOptions): Promise<AppServer> => {
  const { instance, settings, database, auth, catalogue, checkout, health, clock = () => performance.now() } = options
  const { publicOrigin, requestTimeoutMs } = settings
  const keyFor = keysFrom(settings.secret)
  const positions = sessionPosition({ secret: keyFor('session-position'), ttlMs: positionTtlMs })
  const cursors = createCursors(keyFor('page-cursor'))
  const app = createServer(settings.maxBodyBytes, options.log)

  // Hooks that have nothing to wait for call back: a promise for each of them is felt by answers from memory.
  requestContext(app, clock) // First: all below read the trace and the timings that it sets.
  accessLog(app) // Before anything that can refuse a request, so that refusals are logged too.
  errorEnvelope(app)
  cors(app, settings.corsOrigins) // Failures too are for scripts of other sites to read.
  serverTiming(app, instance)
  measure(app, options.requests)
  visits(app, { positions, requestTimeoutMs, clock })
  loadShed(app, options.shedder) // Before any work: what cannot be done in time is refused while that is cheap.
  account(app, auth) // Before the routes, which ask who it is.
  refuseForgeries(app, { publicOrigin, tokenOf: auth.csrfTokenOf }) // After it: only who is somebody can be made to do something.
  cacheDirectives(app, { arePurged: settings.purgeUrl !== undefined }) // After all that may set a cookie.
  allowedMethods(app) // Before the routes: it learns of each as it is added.
  await describeApi(app, publicOrigin) // Before the routes, for the same reason.

  const carts = createCartAccess(database)
  // Each in a scope of its own: what one adds, such as a body parser, the others do not have.
  await app.register(async (scope: AppServer) => healthRoutes(scope, health))
  await app.register(async (scope: AppServer) => userRoutes(scope, { database, cursors }))
  await app.register(async (scope: AppServer) => productRoutes(scope, { database, catalogue, cursors }))
  await app.register(async (scope: AppServer) => orderRoutes(scope, { checkout, database, cursors }))
  await app.register(async (scope: AppServer) => cartRoutes(scope, { carts, checkout }))
  await app.register(async (scope: AppServer) => accountRoutes(scope, auth))
  await app.register(async (scope: AppServer) => sessionRoutes(scope, auth))
  await app.register(async (scope: AppServer) => tokenRoutes(scope, auth))
  await app.register(async (scope: AppServer) => accountPageRoutes(scope, auth))
  await app.register(async (scope: AppServer) =>
    pageRoutes(scope, { database, catalogue, checkout, cursors, publicOrigin }),
  )
  await app.register(async (scope: AppServer) => cartPageRoutes(scope, { carts, checkout }))
  await app.register(async (scope: AppServer) => openapiRoutes(scope))
  return app
}
