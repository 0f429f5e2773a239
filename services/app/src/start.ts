/** Puts the application together with its neighbours, and takes it apart in the right order. */
import { createCache } from '@roundtrip/cache'
import { createDatabase } from '@roundtrip/postgres'
import type { Component, Surroundings } from '@roundtrip/service'
import { buildApp } from './app.ts'
import { createAuth } from './auth/auth.ts'
import type { AppSettings } from './config.ts'
import { AppHealth } from './health.ts'
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
  { settings, log, instance }: Surroundings<AppSettings>,
  workplace: Workplace = workAlone(log),
): Promise<Component> => {
  const { primaryUrl, replicaUrls, databasePassword, redisPassword } = settings
  const database = createDatabase({
    primaryUrl,
    replicaUrls,
    password: databasePassword,
    applicationName: instance,
    poolMax: shareOf(settings.databasePoolMax, workplace.count),
    log,
  })
  const cache = createCache({ url: settings.cacheUrl, password: redisPassword, namespace: cacheNamespace, log })
  const relays = createRelays({ settings, database, cache, log })
  const retention = new Retention({ database, log })
  const catalogue = createCatalogue(database, cache, relays.productsChanged)
  const checkout = createCheckout({ database, catalogue, mailWaits: relays.mailWaits })
  const auth = createAuth({ settings, database, mailWaits: relays.mailWaits, log })

  const checks = () => ({ cache: cache.isDown() ? 'down' : 'ok', ...auth.checks(), ...relays.checks() })
  const own = new AppHealth({ database, checks })
  const health = instanceHealth(workplace, own)
  const app = await buildApp({ instance, settings, database, auth, catalogue, checkout, health, log })

  // So that the first requests find them; what is away, they do without.
  await Promise.all([cache.connect(), auth.connect()])
  const serving = await serve(app, { settings, workplace, own })
  relays.start()
  retention.start()

  return {
    listeners: { http: serving.address },
    health: own.health,
    retire: own.retire,
    drain: async () => {
      await serving.drain()
      await retention.close()
      await relays.close() // After the last request: it may have left something to publish.
    },
    close: async () => {
      app.server.closeAllConnections()
      await retention.close()
      await relays.close()
      await relays.disconnect()
      auth.close()
      cache.close()
      await database.close()
    },
  }
}
