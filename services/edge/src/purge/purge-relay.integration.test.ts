import { CacheStore, type PurgeCommand } from '@roundtrip/http-cache'
import { Redis } from 'ioredis'
import { expect, inject, it, onTestFinished } from 'vitest'
import type { WorkerBus } from '@roundtrip/worker-group'
import { joinedBuses } from '@roundtrip/worker-group/testing'
import { recordingLog } from '../testing/test-edge.ts'
import { PurgeRelay, redisLog } from './purge-relay.ts'

const { cacheUrl, redisPassword } = inject('dataTier' as never) as { cacheUrl: string; redisPassword: string }

const connect = (url = cacheUrl): Redis => {
  const redis = new Redis(url, { password: redisPassword })
  onTestFinished(() => redis.disconnect())
  return redis
}

const start = (bus: WorkerBus, url = cacheUrl) => {
  const { log, lines } = recordingLog()
  const relay = new PurgeRelay({ bus, openLog: redisLog({ url, password: redisPassword }, log), log })
  onTestFinished(() => relay.close())
  const carriedOut: PurgeCommand[] = []
  const store = new CacheStore({
    maxBytes: 100_000,
    bus: {
      publish: (command) => relay.publish(command),
      subscribe: (listener) => relay.subscribe((command) => (carriedOut.push(command), listener(command))),
    },
  })
  return { relay, store, carriedOut, lines }
}

const ready = (...relays: { readonly relay: PurgeRelay }[]) =>
  expect.poll(() => relays.every(({ relay }) => relay.isConnected)).toBe(true)

/** When each has marked where it came in. */
const joined = async (redis: Redis, before: number, relays: number) =>
  expect.poll(() => redis.xlen('roundtrip:edge:purges')).toBeGreaterThanOrEqual(before + relays)

it('carries a purge to the workers of another point of presence once each', async () => {
  const redis = connect()
  const before = await redis.xlen('roundtrip:edge:purges')
  const here = joinedBuses(2).workers.map((bus) => start(bus))
  const there = joinedBuses(2).workers.map((bus) => start(bus))
  await ready(...here, ...there)
  await joined(redis, before, 4)
  here[0]?.store.purge({ url: 'https://a.test/' })
  there[1]?.store.purge({ surrogateKeys: ['shop'] })
  here[0]?.store.purge({ host: 'last.test' })
  const all = [...here, ...there]
  const lists = () => all.map(({ carriedOut }) => carriedOut.map((command) => Object.keys(command).join()).toSorted())
  const expected = [
    ['surrogateKeys'],
    ['host', 'surrogateKeys', 'url'],
    ['host', 'surrogateKeys', 'url'],
    ['host', 'url'],
  ]
  await expect.poll(lists).toEqual(expected.map((one) => one.toSorted()))
  // What comes last through Redis comes after all that might have come twice.
  const end = { from: 'end', sequence: 1, command: { host: 'end.test' } }
  await here[1]?.relay.share(end)
  await expect
    .poll(() => all.every(({ carriedOut }) => JSON.stringify(carriedOut.at(-1)) === '{"host":"end.test"}'))
    .toBe(true)
  expect(lists().map((list) => list.length)).toEqual([2, 4, 4, 3])
})

it('purges here at once when Redis cannot be reached', async () => {
  const [a, b] = joinedBuses(2).workers.map((bus) => start(bus, 'redis://127.0.0.1:1'))
  a?.store.purge({ url: 'https://a.test/' })
  await expect.poll(() => b?.carriedOut).toHaveLength(1)
  expect([a?.relay.isConnected, a?.relay.waiting]).toEqual([false, 1])
  a?.relay.close()
  await expect.poll(() => a?.relay.waiting).toBe(0)
  expect(a?.lines).toEqual([])
})
