/** A simulated upstream with so many workers, an injected clock, and what the limit makes of it. */
import type { Priority } from '@roundtrip/load-shedding'
import { describe, expect, it } from 'vitest'
import { LoadShedder, type LoadShedderSettings } from './load-shedder.ts'
import type { UpstreamLoad } from './upstream-load.ts'

const settings: LoadShedderSettings = {
  initialLimit: 200,
  minLimit: 10,
  maxLimit: 2000,
  tolerance: 2,
  windowMs: 500,
  maxOpen: 20_000,
  maxLoopDelayMs: 200,
}

interface Job {
  readonly arrivedMs: number
  readonly waiting: number
}

/** Workers take jobs in order, each for `serviceMs`; time goes in steps of a millisecond. */
class Upstream {
  readonly shedder: LoadShedder
  readonly load: UpstreamLoad
  workers = 50
  serviceMs = 20
  nowMs = 0
  #queue: Job[] = []
  #busy: { job: Job; doneMs: number }[] = []
  #owed = 0

  constructor() {
    this.shedder = new LoadShedder({ ...settings, clock: () => this.nowMs, schedule: () => () => undefined })
    this.load = this.shedder.upstream('web')
  }

  /** @returns what became of those who came */
  run(seconds: number, perSecond: number, priority: Priority = 'normal') {
    let [served, waitedMs, shed] = [0, 0, 0]
    const endMs = this.nowMs + seconds * 1000
    for (; this.nowMs < endMs; this.nowMs++) {
      // First in, first out, but for the moment after the service time has changed.
      while ((this.#busy[0]?.doneMs ?? Infinity) <= this.nowMs) {
        const job = this.#busy.shift()?.job
        if (job === undefined) continue
        this.load.answered(job.arrivedMs, job.waiting, true)
        this.shedder.closed()
        served++
        waitedMs += this.nowMs - job.arrivedMs
      }
      for (this.#owed += perSecond / 1000; this.#owed >= 1; this.#owed--) {
        if (this.shedder.admitTo(this.load, priority) && this.shedder.admit(priority))
          this.#queue.push({ arrivedMs: this.nowMs, waiting: this.load.waits() })
        else shed++
      }
      while (this.#busy.length < this.workers && this.#queue.length > 0) {
        const job = this.#queue.shift()
        if (job !== undefined) this.#busy.push({ job, doneMs: this.nowMs + this.serviceMs })
      }
    }
    return { servedPerSecond: served / seconds, shed, averageMs: waitedMs / served }
  }
}

/** 50 workers, 20 ms each. */
const capacityPerSecond = 2500

describe('the limit', () => {
  it('leaves alone what the upstream can do', () => {
    const upstream = new Upstream()
    const { shed, averageMs } = upstream.run(60, capacityPerSecond * 0.8)
    expect(shed).toBe(0)
    expect(averageMs).toBeLessThan(25)
  })

  it('sheds what is too much, and the rest is served in time and at full capacity', () => {
    const upstream = new Upstream()
    upstream.run(30, capacityPerSecond * 0.8)
    upstream.run(20, capacityPerSecond * 3)
    const overloaded = upstream.run(60, capacityPerSecond * 3)
    expect(overloaded.servedPerSecond).toBeGreaterThan(capacityPerSecond * 0.95)
    expect(overloaded.averageMs).toBeLessThan(70)
    const { limit, shed } = upstream.shedder.status()
    expect(limit).toBeGreaterThan(50)
    expect(limit).toBeLessThan(200)
    expect(shed.normal).toBeGreaterThan(0)
  })

  it('does not take ten minutes of overload for usual', () => {
    const upstream = new Upstream()
    upstream.run(30, capacityPerSecond * 0.8)
    upstream.run(600, capacityPerSecond * 2)
    expect(upstream.run(10, capacityPerSecond * 2).averageMs).toBeLessThan(120)
  })

  it('follows an upstream that loses and regains its workers', () => {
    const upstream = new Upstream()
    upstream.run(30, capacityPerSecond * 0.8)
    upstream.workers = 10
    upstream.run(20, capacityPerSecond * 0.8)
    const few = upstream.run(20, capacityPerSecond * 0.8)
    expect(few.servedPerSecond).toBeGreaterThan(450)
    expect(few.averageMs).toBeLessThan(100)
    upstream.workers = 50
    upstream.run(20, capacityPerSecond * 0.8)
    const { shed, averageMs } = upstream.run(20, capacityPerSecond * 0.8)
    expect(shed).toBe(0)
    expect(averageMs).toBeLessThan(25)
  })

  it('gets used to an upstream that is ten times slower for good, within a minute', () => {
    const upstream = new Upstream()
    upstream.run(30, capacityPerSecond * 0.8)
    upstream.serviceMs = 200
    upstream.workers = 500
    upstream.run(60, capacityPerSecond * 0.8)
    expect(upstream.run(20, capacityPerSecond * 0.8).servedPerSecond).toBeGreaterThan(capacityPerSecond * 0.7)
  })
})

const filled = (waiting: number): LoadShedder => {
  const shedder = new LoadShedder({ ...settings, initialLimit: 100, schedule: () => () => undefined })
  for (let i = 0; i < waiting; i++) shedder.upstream('web').waits()
  return shedder
}
const admits = (shedder: LoadShedder): Priority[] =>
  (['critical', 'normal', 'sheddable'] as const).filter((priority) => shedder.admit(priority))
const admitsToWeb = (shedder: LoadShedder): Priority[] =>
  (['critical', 'normal', 'sheddable'] as const).filter((priority) =>
    shedder.admitTo(shedder.upstream('web'), priority),
  )

describe('priorities', () => {
  it.each([
    [69, ['critical', 'normal', 'sheddable']],
    [70, ['critical', 'normal']],
    [89, ['critical', 'normal']],
    [90, ['critical']],
    [99, ['critical']],
    [100, []],
  ] as const)('with %i of 100 waiting: %j', (waiting, expected) => {
    const shedder = filled(waiting)
    expect(admits(shedder)).toHaveLength(3)
    expect(admitsToWeb(shedder)).toEqual(expected)
    expect(Object.values(shedder.status().shed).reduce((sum, count) => sum + count)).toBe(3 - expected.length)
  })

  it('fill each pool for itself: one that hangs leaves the others alone', () => {
    const shedder = filled(100)
    expect([
      shedder.admitTo(shedder.upstream('web'), 'normal'),
      shedder.admitTo(shedder.upstream('api'), 'normal'),
    ]).toEqual([false, true])
    expect(shedder.status()).toMatchObject({
      limit: 200,
      waiting: 100,
      upstreams: { web: { limit: 100, waiting: 100 }, api: { limit: 100, waiting: 0 } },
    })
  })

  it('bound what is open too, and count it down', () => {
    const shedder = new LoadShedder({ ...settings, maxOpen: 10, schedule: () => () => undefined })
    const taken = Array.from({ length: 20 }, () => shedder.admit('normal')).filter(Boolean)
    expect([taken.length, shedder.admit('critical'), shedder.admit('critical')]).toEqual([9, true, false])
    shedder.closed()
    expect([shedder.admit('normal'), shedder.admit('critical'), shedder.status().open]).toEqual([false, true, 10])
  })

  it('bear a late event loop differently, which is forgotten when it is in time again', () => {
    const time = { nowMs: 0 }
    let sample: (() => void) | undefined
    let isStopped = false
    const shedder = new LoadShedder({
      ...settings,
      clock: () => time.nowMs,
      schedule: (callback) => {
        sample = callback
        return () => (isStopped = true)
      },
    })
    const after = (ms: number): Priority[] => {
      time.nowMs += ms
      sample?.()
      return admits(shedder)
    }
    const late = (ms: number): Priority[] => [after(50 + ms), after(50 + ms), after(50 + ms)].at(-1) ?? []
    expect(late(0)).toEqual(['critical', 'normal', 'sheddable'])
    expect(late(150)).toEqual(['critical', 'normal'])
    expect(late(300)).toEqual(['critical'])
    expect(late(500)).toEqual([])
    expect(after(50)).toEqual(['critical', 'normal', 'sheddable'])
    // Somebody has stopped the process for a minute.
    expect(after(60_000)).toEqual(['critical', 'normal', 'sheddable'])
    shedder.close()
    expect(isStopped).toBe(true)
  })
})
