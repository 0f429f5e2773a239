import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { OpenStreams } from './open-streams.ts'
import type { ServerStream } from './server-stream.ts'

const stream = (id: number): ServerStream => ({ id }) as ServerStream
const ids = (streams: Iterable<ServerStream>): number[] => Array.from(streams, ({ id }) => id)

const opened = (...numbers: number[]): OpenStreams => {
  const streams = new OpenStreams()
  for (const id of numbers) streams.add(stream(id))
  return streams
}

test('finds each by its number, and no other', () => {
  const streams = opened(1, 5, 7, 101)
  for (const id of [1, 5, 7, 101]) expect(streams.get(id)?.id).toBe(id)
  for (const id of [0, 3, 6, 9, 103]) expect(streams.get(id)).toBeUndefined()
})

test('deletes any of them once', () => {
  const streams = opened(1, 3, 5, 7)
  for (const id of [3, 7, 1]) {
    expect(streams.delete(stream(id))).toBe(true)
    expect(streams.delete(stream(id))).toBe(false)
  }
  expect(ids(streams)).toEqual([5])
  expect(streams.size).toBe(1)
})

test('goes through all, also when each is deleted as its turn comes', () => {
  const streams = opened(1, 3, 5)
  const met: number[] = []
  for (const one of streams) {
    met.push(one.id)
    streams.delete(one)
  }
  expect(met).toEqual([1, 3, 5])
  expect(streams.size).toBe(0)
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const oldBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0

/** Four at a time, as of a page that loads its parts. */
const openAndClose = (streams: OpenStreams, first: number, count: number): void => {
  for (let id = first; id < first + count; id++) {
    streams.add(stream(id))
    if (streams.size > 4) streams.delete(stream(id - 4))
  }
}

test('leaves nothing behind in old space, having become old itself: a Map leaves megabytes', () => {
  const streams = new OpenStreams()
  openAndClose(streams, 0, 100_000)
  collect()
  collect()
  const before = oldBytes()
  openAndClose(streams, 100_000, 300_000)
  expect(oldBytes() - before).toBeLessThan(2_000_000)
})
