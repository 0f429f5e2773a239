import type { PurgeCommand } from '@roundtrip/http-cache'
import { describe, expect, it } from 'vitest'
import type { WorkerBus } from '@roundtrip/worker-group'
import { joinedBuses } from '@roundtrip/worker-group/testing'
import { recordingLog } from '../testing/test-edge.ts'
import { PurgeRelay, type PurgeNote } from './purge-relay.ts'
import type { SharedLog } from './shared-log.ts'

const home: PurgeCommand = { url: 'https://www.example.com/' }
const everything: PurgeCommand = { prefix: 'http' }

/** A log that all relays share, and that can be away. */
class TestRedis {
  readonly notes: PurgeNote[] = []
  readonly readers: { onEntry: (note: PurgeNote) => void; onGap: () => void }[] = []
  isAway = false
  readonly #back: (() => void)[] = []
  #broken: ((error: Error) => void)[] = []

  open = (reader: { onEntry: (note: PurgeNote) => void; onGap: () => void }): SharedLog<PurgeNote> => {
    this.readers.push(reader)
    return {
      append: async (note) => {
        if (this.isAway)
          await new Promise<void>((resolve, reject) => {
            this.#back.push(resolve)
            this.#broken.push(reject)
          })
        this.notes.push(note)
        for (const { onEntry } of this.readers) onEntry(structuredClone(note))
      },
      isConnected: true,
      close: () => {
        for (const reject of this.#broken.splice(0)) reject(new Error('closed'))
      },
    }
  }

  comeBack(): void {
    this.isAway = false
    for (const resolve of this.#back.splice(0)) resolve()
  }
}

const start = (bus: WorkerBus, redis?: TestRedis) => {
  const { log, lines } = recordingLog()
  const relay = new PurgeRelay({ bus, openLog: (reader) => redis?.open(reader), log })
  const carriedOut: PurgeCommand[] = []
  relay.subscribe((command) => carriedOut.push(command))
  return { relay, carriedOut, lines }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

describe('a purge', () => {
  it('reaches every other worker once, and comes back to nobody', async () => {
    const { workers, delivered } = joinedBuses(3)
    const all = workers.map((bus) => start(bus))
    all[0]?.relay.publish(home)
    await turn()
    expect(all.map(({ carriedOut }) => carriedOut)).toEqual([[], [home], [home]])
    expect(delivered).toHaveLength(2)
  })

  it('reaches the workers of every point of presence once, though it comes to some on two ways', async () => {
    const redis = new TestRedis()
    const here = joinedBuses(2).workers.map((bus) => start(bus, redis))
    const there = joinedBuses(2).workers.map((bus) => start(bus, redis))
    here[0]?.relay.publish(home)
    here[0]?.relay.publish({ host: 'a.test' })
    there[1]?.relay.publish({ host: 'b.test' })
    await turn()
    // The ways differ in how long they take, so that only each sender's own are in order.
    const names = [...here, ...there].map(({ carriedOut }) =>
      carriedOut.map((command) => ('host' in command ? command.host : 'home')).toSorted(),
    )
    const all = ['a.test', 'b.test', 'home']
    expect(names).toEqual([['b.test'], all, all, ['a.test', 'home']])
    expect(redis.notes).toHaveLength(3)
  })

  it('is carried out though a later one of its sender comes first: an operator’s go by one worker or another', async () => {
    const [late, prompt, elsewhere] = [new TestRedis(), new TestRedis(), new TestRedis()]
    const [a, b] = joinedBuses(2).workers.map((bus, index) => start(bus, index === 0 ? late : prompt))
    const there = start(joinedBuses(1).parent, elsewhere)
    // One log, to which two workers have a connection each.
    for (const { readers } of [late, prompt]) readers.push(...elsewhere.readers)
    late.isAway = true
    const first = a?.relay.share({ from: 'admin', sequence: 1, command: home })
    await b?.relay.share({ from: 'admin', sequence: 2, command: { host: 'b.test' } })
    expect(there.carriedOut).toEqual([{ host: 'b.test' }])
    late.comeBack()
    await first
    expect(there.carriedOut).toEqual([{ host: 'b.test' }, home])
  })

  it('that may have been missed counts as one of everything', () => {
    const redis = new TestRedis()
    const { carriedOut } = start(joinedBuses(1).parent, redis)
    redis.readers[0]?.onGap()
    expect(carriedOut).toEqual([everything])
  })

  it('is carried out here while Redis is away, and elsewhere when it is back', async () => {
    const redis = new TestRedis()
    redis.isAway = true
    const [a, b] = joinedBuses(2).workers.map((bus) => start(bus, redis))
    const there = start(joinedBuses(1).parent, redis)
    a?.relay.publish(home)
    await turn()
    expect([b?.carriedOut, there.carriedOut, a?.relay.waiting]).toEqual([[home], [], 1])
    redis.comeBack()
    await turn()
    expect([b?.carriedOut, there.carriedOut, a?.relay.waiting]).toEqual([[home], [home], 0])
  })
})

describe('purges that wait for Redis', () => {
  it('become one of everything when there are more than a thousand', async () => {
    const redis = new TestRedis()
    redis.isAway = true
    const here = start(joinedBuses(1).parent, redis)
    const there = start(joinedBuses(1).parent, redis)
    for (let i = 0; i < 5000; i++) here.relay.publish({ url: `https://a.test/${i}` })
    expect(here.relay.waiting).toBe(1001)
    redis.comeBack()
    await turn()
    expect(there.carriedOut).toHaveLength(1001)
    expect(there.carriedOut.at(-1)).toEqual(everything)
    expect(here.carriedOut).toEqual([])
    here.relay.publish(home)
    await turn()
    expect(there.carriedOut.at(-1)).toEqual(home)
    expect(here.relay.waiting).toBe(0)
  })

  it('are let go of in silence when the edge ends', async () => {
    const redis = new TestRedis()
    redis.isAway = true
    const { relay, lines } = start(joinedBuses(1).parent, redis)
    const shared = relay.share({ from: 'admin', sequence: 1, command: home })
    relay.close()
    expect([await shared, lines]).toEqual([false, []])
  })
})

it('says whether the other points of presence can hear of a purge', async () => {
  const note = { from: 'admin', sequence: 1, command: home }
  const redis = new TestRedis()
  expect(await start(joinedBuses(1).parent, redis).relay.share(note)).toBe(true)
  expect(await start(joinedBuses(1).parent).relay.share(note)).toBe(false)
})

it('carries out rather twice than never what was heard too long ago to be remembered', () => {
  const { relay } = start(joinedBuses(1).parent)
  const carryOut = (sequence: number): number => relay.carryOut({ from: 'admin', sequence, command: home })
  for (let sequence = 1; sequence <= 10_000; sequence++) carryOut(sequence)
  expect(carryOut(1)).toBe(0)
  carryOut(10_001)
  expect([carryOut(2), carryOut(1)]).toEqual([0, 10_002])
})

it('carries out what an operator says once, whichever way it comes first', () => {
  const { relay, carriedOut } = start(joinedBuses(1).parent)
  const note = { from: 'admin', sequence: 7, command: home }
  expect([relay.carryOut(note), relay.carryOut(note), relay.carryOut({ ...note, sequence: 8 })]).toEqual([1, 0, 2])
  expect(carriedOut).toHaveLength(2)
})
