import type { Priority } from '@roundtrip/load-shedding'
import { describe, expect, it } from 'vitest'
import { LoadShedder } from './load-shedder.ts'

const gigabyte = 1_000_000_000

const start = (settings: { readonly maxInFlight?: number; readonly maxHeapBytes?: number } = {}) => {
  const at = { now: 0, heap: 0 }
  const samplers: { readonly everyMs: number; readonly sample: () => void }[] = []
  const shedder = new LoadShedder({
    settings: { maxInFlight: 1000, maxLoopDelayMs: 200, maxHeapBytes: undefined, ...settings },
    clock: () => at.now,
    readHeap: () => ({ used: at.heap, limit: gigabyte }),
    schedule: (sample, everyMs) => {
      const sampler = { everyMs, sample }
      samplers.push(sampler)
      return () => void samplers.splice(samplers.indexOf(sampler), 1)
    },
  })
  /** As often as it takes to be believed. */
  const settle = (lateMs: number): void => {
    for (let times = 0; times < 4; times++) {
      at.now += 50 + lateMs
      for (const { sample } of samplers) sample()
    }
  }
  const heap = (used: number): void => {
    at.heap = used
    settle(0)
  }
  return { shedder, samplers, settle, heap }
}

/** Who is let in, each for a moment only. */
const admitted = (shedder: LoadShedder): Priority[] =>
  (['critical', 'normal', 'sheddable'] as const).filter((priority) => {
    const isAdmitted = shedder.admit(priority)
    if (isAdmitted) shedder.left()
    return isAdmitted
  })
const everybody = ['critical', 'normal', 'sheddable']

describe('requests in hand', () => {
  it('leave room for what matters more', () => {
    const { shedder } = start({ maxInFlight: 10 })
    const counts = (['sheddable', 'normal', 'critical'] as const).map((priority) => {
      while (shedder.admit(priority));
      return shedder.status().inFlight
    })
    expect(counts).toEqual([7, 9, 10])
    shedder.left()
    expect(admitted(shedder)).toEqual(['critical'])
    for (let left = 0; left < 3; left++) shedder.left()
    expect(admitted(shedder)).toEqual(everybody)
  })

  it('may be one at least', () => {
    const { shedder } = start({ maxInFlight: 1 })
    expect(admitted(shedder)).toEqual(everybody)
  })
})

describe('a late event loop', () => {
  it('refuses by priority, and goes on to until it is well below', () => {
    const { shedder, settle } = start()
    const at = (lateMs: number): Priority[] => {
      settle(lateMs)
      return admitted(shedder)
    }
    expect([at(0), at(100)]).toEqual([everybody, everybody])
    expect(at(101)).toEqual(['critical', 'normal'])
    expect(at(81)).toEqual(['critical', 'normal'])
    expect(at(80)).toEqual(everybody)
    expect(at(201)).toEqual(['critical'])
    expect(at(401)).toEqual([])
    expect(at(321)).toEqual([])
    expect(at(320)).toEqual(['critical'])
    expect(at(0)).toEqual(everybody)
  })
})

describe('a full heap', () => {
  it('refuses from nine tenths of what V8 allows, and from what the setting says', () => {
    const { shedder, heap } = start()
    heap(0.9 * gigabyte)
    expect(admitted(shedder)).toEqual(['critical'])
    heap(0.9 * gigabyte + 1)
    expect(admitted(shedder)).toEqual([])
    heap(0)
    expect(admitted(shedder)).toEqual(everybody)
    const other = start({ maxHeapBytes: 1000 })
    other.heap(1001)
    expect(admitted(other.shedder)).toEqual([])
  })

  it('that is garbage for the most part refuses nobody', () => {
    const { shedder, heap, samplers } = start()
    heap(gigabyte)
    heap(0)
    expect(admitted(shedder)).toEqual(everybody)
    expect(samplers.map(({ everyMs }) => everyMs)).toEqual([50, 250])
  })
})

it('counts whom it refused, and why', () => {
  const { shedder, settle, heap } = start({ maxInFlight: 1 })
  shedder.admit('normal')
  shedder.admit('critical')
  settle(1000)
  shedder.admit('sheddable')
  settle(0)
  heap(gigabyte)
  shedder.admit('normal')
  expect(shedder.status().shed.filter(({ count }) => count > 0)).toEqual([
    { excess: 'in-flight', priority: 'critical', count: 1 },
    { excess: 'loop-delay', priority: 'sheddable', count: 1 },
    { excess: 'heap', priority: 'normal', count: 1 },
  ])
})

it('samples nothing any more once closed', () => {
  const { shedder, samplers } = start()
  shedder.close()
  expect(samplers).toEqual([])
})
