/** Puts the application together with its neighbours, and takes it apart in the right order. */
import { createCache } from '@roundtrip/cache'
import { createDatabase } from '@roundtrip/postgres'
import type { Component, Surroundings } from '@roundtrip/service'
import { buildApp } from './app.ts'
import { createAuth } from './auth/auth.ts'
import type { AppSettings } from './config.ts'
import { AppHealth } from './health.ts'
import { LoadShedder } from './load/load-shedder.ts'
import { collectMetrics } from './metrics/collect.ts'
import { RequestFigures } from './metrics/request-figures.ts'
import { instanceHealth, serve } from './processes/serve.ts'
import { shareOf } from './processes/settings.ts'
import { workAlone, type Workplace } from './processes/workplace.ts'
import { createRelays } from './relay/relays.ts'
import { Retention } from './relay/retention.ts'
import { createCatalogue } from './shop/catalogue.ts'
import { createCheckout } from './shop/checkout.ts'

/** Part of the cache's keys: raise it when the shape of a cached value changes. */
const cacheNamespace = 'app:2'

/** @param workplace this process by itself, unless it is one of several */
export const startApp = async (
  surroundings: Surroundings<AppSettings>,
  workplace: Workplace = workAlone(surroundings.log),
): Promise<Component> => {
  const { settings, log, instance } = surroundings
  const { database, cache, auth, relays, retention } = connectNeighbours(surroundings, workplace)
  const catalogue = createCatalogue(database, cache, relays.productsChanged)
  const checkout = createCheckout({ database, catalogue, mailWaits: relays.mailWaits })

  const checks = () => ({ cache: cache.isDown() ? 'down' : 'ok', ...auth.checks(), ...relays.checks() })
  const own = new AppHealth({ database, checks })
  const health = instanceHealth(workplace, own)
  const shedder = new LoadShedder({ settings })
  const requests = new RequestFigures()
  const parts = { database, auth, catalogue, checkout, health, shedder, requests }
  const app = await buildApp({ ...parts, instance, settings, log })

  // So that the first requests find them; what is away, they do without.
  await Promise.all([cache.connect(), auth.connect(), own.begun()])
  const metrics = () => collectMetrics({ requests, shedder, database, cache })
  const serving = await serve(app, { settings, workplace, own, metrics })
  relays.start()
  retention.start()

  return {
    listeners: { http: serving.address },
    health: own.health,
    retire: own.retire,
    metrics: async () => metrics(),
    drain: async () => {
      await serving.drain()
      await retention.close()
      await relays.close() // After the last request: it may have left something to publish.
    },
    close: async () => {
      app.server.closeAllConnections()
      shedder.close()
      await retention.close()
      await relays.close()
      await relays.disconnect()
      auth.close()
      cache.close()
      await database.close()
    },
  }
}

const connectNeighbours = ({ settings, log, instance }: Surroundings<AppSettings>, { count }: Workplace) => {
  const { primaryUrl, replicaUrls, databasePassword: password, databasePoolMax } = settings
  const { cacheUrl, cacheTimeoutMs, redisPassword } = settings
  const poolMax = shareOf(databasePoolMax, count)
  const database = createDatabase({ primaryUrl, replicaUrls, password, applicationName: instance, poolMax, log })
  const cache = createCache({
    url: cacheUrl,
    password: redisPassword,
    namespace: cacheNamespace,
    timeoutMs: cacheTimeoutMs,
    log,
  })
  const relays = createRelays({ settings, database, cache, log })
  const auth = createAuth({ settings, database, mailWaits: relays.mailWaits, log })
  return { database, cache, auth, relays, retention: new Retention({ database, log }) }
}
