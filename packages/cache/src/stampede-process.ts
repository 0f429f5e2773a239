/** For tests: one of several processes that ask for the same key at once, and say what they get. */
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { CacheOptions } from './cache.ts'
import { createCache } from './index.ts'

/** How the process is set up: the one argument, as JSON. */
export interface StampedeSetup extends Omit<CacheOptions, 'log' | 'clock' | 'random'> {
  /** A key in Redis that counts the loads; the count is the value. */
  readonly counter: string
  readonly ttlMs: number
}

/** `ask`: at once; `hammer`: over and over, until `stop`; `release`: loads may end from now on. */
export type Order = { readonly type: 'ask' | 'hammer'; readonly count: number } | { readonly type: 'release' | 'stop' }

/** `seen`: a later value than before. `decreased`: how often a value was older than one seen before. */
export type Report =
  | { readonly type: 'ready' | 'asked' | 'loading' }
  | { readonly type: 'answered'; readonly values: readonly number[] }
  | { readonly type: 'seen'; readonly value: number }
  | { readonly type: 'stopped'; readonly asked: number; readonly decreased: number }

const { counter, ttlMs, ...options } = JSON.parse(process.argv[2] ?? '{}') as StampedeSetup
const cache = createCache({ ...options, log: { info: () => {}, warn: () => {} } })
const redis = new Redis(options.url, { ...(options.password !== undefined && { password: options.password }) })
const released = Promise.withResolvers<void>()
const report = (message: Report): void => void process.send?.(message)
const stopping = new AbortController()

const load = async (): Promise<number> => {
  const count = await redis.incr(counter)
  report({ type: 'loading' })
  await released.promise
  return count
}
const get = async (): Promise<number> => (await cache.getOrLoad<number>('k', { ttlMs, tags: ['t'], load })).value

const ask = async (count: number): Promise<void> => {
  const all = Promise.all(Array.from({ length: count }, get))
  report({ type: 'asked' })
  report({ type: 'answered', values: [...new Set(await all)] })
}

const hammer = async (count: number): Promise<void> => {
  let [asked, decreased, latest] = [0, 0, 0]
  const one = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const atLeast = latest
      const value = await get()
      asked++
      if (value < atLeast) decreased++
      if (value > latest) report({ type: 'seen', value: (latest = value) })
      await turnOfTheEventLoop()
    }
  }
  await Promise.all(Array.from({ length: count }, one))
  report({ type: 'stopped', asked, decreased })
}

process.on('message', (order: Order) => {
  if (order.type === 'ask') void ask(order.count)
  else if (order.type === 'hammer') void hammer(order.count)
  else if (order.type === 'release') released.resolve()
  else stopping.abort()
})
process.on('disconnect', () => process.exit())
await cache.connect()
report({ type: 'ready' })
