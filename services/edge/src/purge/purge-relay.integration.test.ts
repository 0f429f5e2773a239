import { CacheStore, type PurgeCommand } from '@roundtrip/http-cache'
import { expect, inject, it, onTestFinished } from 'vitest'
import type { WorkerBus } from '@roundtrip/worker-group'
import { joinedBuses } from '@roundtrip/worker-group/testing'
import { recordingLog } from '../testing/test-edge.ts'
import { PurgeRelay, redisLog } from './purge-relay.ts'

const { cacheUrl, redisPassword } = inject('dataTier' as never) as { cacheUrl: string; redisPassword: string }

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

/** When each has come in to the log, which counts as if all had been purged. */
const cameIn = async (all: readonly { readonly carriedOut: PurgeCommand[] }[]): Promise<void> => {
  await expect.poll(() => all.map(({ carriedOut }) => carriedOut)).toEqual(all.map(() => [{ prefix: 'http' }]))
  for (const { carriedOut } of all) carriedOut.length = 0
}

it('carries a purge to the workers of another point of presence once each', async () => {
  const here = joinedBuses(2).workers.map((bus) => start(bus))
  const there = joinedBuses(2).workers.map((bus) => start(bus))
  const all = [...here, ...there]
  await cameIn(all)
  here[0]?.store.purge({ url: 'https://a.test/' })
  there[1]?.store.purge({ surrogateKeys: ['shop'] })
  here[0]?.store.purge({ host: 'last.test' })
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
