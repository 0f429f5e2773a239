/** Postgres and Redis as the stack has them, the shop's tables filled, for all contestants alike. */
import { join } from 'node:path'
import { startStack, type Stack } from '@roundtrip/stack'
import { query } from '../../helpers/sql.ts'

/** The shop's own seed has 500, with plenty of stock: those that are read from a cache, and those that are ordered. */
export const warmProducts = 100
export const orderedProducts = 500
/** Further ones, each asked for once before the first comes again: no cache has any of them. */
export const coldFrom = 1001
export const coldProducts = 200_000

export interface DataTier {
  /** Of an app, but for where it listens and what it is called. */
  readonly settings: Readonly<Record<string, string>>
  readonly pids: readonly number[]
  readonly stack: Stack
  /** How often the table of products was looked into, on the primary and the replica. */
  productLookups(): Promise<number>
  orders(): Promise<number>
  /** Forgets what is cached. */
  forget(): Promise<void>
}

const fill = `insert into products (id, slug, name, description, price_cents, stock)
  select n, 'cold-' || n, 'Cold ' || n, 'Asked for once.', 100 + n % 1000, 1000
  from generate_series(${coldFrom}, ${coldFrom + coldProducts - 1}) as n`

const isSettings = (line: string): boolean => line.startsWith('{"settings":')

const startWithSettings = async (): Promise<{ stack: Stack; settings: Record<string, string> }> => {
  const said = Promise.withResolvers<string>()
  const stack = await startStack({
    include: ['data', 'migrate', 'app-1'],
    control: false,
    restart: false,
    entryPoints: { 'app-1': join(import.meta.dirname, 'settings.main.ts') },
    onEvent: (event) => void (event.type === 'log' && isSettings(event.line) && said.resolve(event.line)),
  })
  return { stack, ...(JSON.parse(await said.promise) as { settings: Record<string, string> }) }
}

export const startDataTier = async (): Promise<DataTier> => {
  const { stack, settings } = await startWithSettings()
  await stack.instance('app-1').stop()
  const { primaryUrl, replicaUrl, databasePassword, cacheUrl } = stack.data
  const ask = (url: string, statement: string) => query(url, databasePassword, statement)
  await ask(primaryUrl, fill)
  await ask(primaryUrl, 'analyze products')
  // What was filled in past the app is no news to anybody.
  await ask(primaryUrl, 'truncate outbox')
  const pids = stack.instances().flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  const lookups = `select (coalesce(seq_scan, 0) + coalesce(idx_scan, 0))::int as count
    from pg_stat_user_tables where relname = 'products'`
  const count = async (url: string, statement: string): Promise<number> =>
    Number((await ask(url, statement))[0]?.['count'] ?? 0)
  return {
    settings,
    pids,
    stack,
    productLookups: async () => (await count(primaryUrl, lookups)) + (await count(replicaUrl, lookups)),
    orders: () => count(primaryUrl, 'select count(*)::int from orders'),
    forget: async () => {
      const { Redis } = await import('ioredis')
      const redis = new Redis(cacheUrl, { password: stack.data.redisPassword })
      await redis.flushall()
      redis.disconnect()
    },
  }
}
