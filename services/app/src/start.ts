/** Puts the application together with its neighbours, and takes it apart in the right order. */
import { createCache } from '@roundtrip/cache'
import { createDatabase, type Database } from '@roundtrip/postgres'
import { addressOf, type Component, type Health, type Surroundings } from '@roundtrip/service'
import { buildApp } from './app.ts'
import { createAuth } from './auth/auth.ts'
import type { AppSettings } from './config.ts'
import { createRelays } from './relay/relays.ts'
import { Retention } from './relay/retention.ts'
import { createCatalogue } from './shop/catalogue.ts'
import { createCheckout } from './shop/checkout.ts'

/** Part of the cache's keys: raise it when the shape of a cached value changes. */
const cacheNamespace = 'app:2'

export const startApp = async ({ settings, log, instance }: Surroundings<AppSettings>): Promise<Component> => {
  const { primaryUrl, replicaUrls, databasePassword, redisPassword } = settings
  const database = createDatabase({
    primaryUrl,
    replicaUrls,
    password: databasePassword,
    applicationName: instance,
    log,
  })
  const cache = createCache({ url: settings.cacheUrl, password: redisPassword, namespace: cacheNamespace, log })
  const relays = createRelays({ settings, database, cache, log })
  const retention = new Retention({ database, log })
  const catalogue = createCatalogue(database, cache, relays.productsChanged)
  const checkout = createCheckout({ database, catalogue, mailWaits: relays.mailWaits })
  const auth = createAuth({ settings, database, mailWaits: relays.mailWaits, log })

  let draining = false
  const health = async (): Promise<Health> => {
    const state = await healthOf(database)
    const neighbours = { cache: cache.isDown() ? 'down' : 'ok', ...auth.checks(), ...relays.checks() }
    const checks = { ...state.checks, ...neighbours, ...(draining && { draining: 'yes' }) }
    return { ready: state.ready && !draining, checks }
  }
  const app = await buildApp({ instance, settings, database, auth, catalogue, checkout, health, log })

  await Promise.all([cache.connect(), auth.connect()]) // What is away, the first requests do without.
  await app.listen({ host: settings.host, port: settings.port })
  relays.start()
  retention.start()

  return {
    listeners: { http: addressOf(app.server) },
    health,
    drain: async () => {
      draining = true
      await app.close()
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

/** Without the cache or the queue the shop still sells; without any database it does not. */
const healthOf = async (database: Database): Promise<Health> => {
  const { reachable, nodes } = await database.health()
  return { ready: reachable, checks: nodes }
}
