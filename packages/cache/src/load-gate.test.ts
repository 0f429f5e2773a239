import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LoadGate } from './load-gate.ts'

const held = () => Promise.withResolvers<string>()

describe('the gate before the database', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('lets so many through at once, the others in the order of coming', async () => {
    const gate = new LoadGate({ maxLoads: 2, maxQueued: 10, queueMs: 1_000 })
    const works = [held(), held(), held(), held()]
    const begun: number[] = []
    const runs = works.map((work, index) =>
      gate.run(() => {
        begun.push(index)
        return work.promise
      }),
    )
    expect([begun, gate.running, gate.queued]).toEqual([[0, 1], 2, 2])
    works[1]?.resolve('b')
    expect(await runs[1]).toBe('b')
    await vi.advanceTimersByTimeAsync(0)
    expect([begun, gate.running, gate.queued]).toEqual([[0, 1, 2], 2, 1])
    works[0]?.reject(new Error('a'))
    await expect(runs[0]).rejects.toThrow('a')
    await vi.advanceTimersByTimeAsync(0)
    expect([begun, gate.running, gate.queued]).toEqual([[0, 1, 2, 3], 2, 0])
    for (const work of works) work.resolve('end')
    await Promise.all(runs.slice(2))
    expect(gate.running).toBe(0)
  })

  it('refuses who waits too long, and who would have to wait behind too many', async () => {
    const gate = new LoadGate({ maxLoads: 1, maxQueued: 1, queueMs: 1_000 })
    const work = held()
    const running = gate.run(() => work.promise)
    const waiting = gate.run(() => Promise.resolve('late'))
    await expect(gate.run(() => Promise.resolve('more'))).rejects.toMatchObject({ code: 'OVERLOADED' })
    await Promise.all([
      expect(waiting).rejects.toMatchObject({ code: 'OVERLOADED', status: 503 }),
      vi.advanceTimersByTimeAsync(1_000),
    ])
    work.resolve('done')
    expect([await running, gate.running, gate.queued]).toEqual(['done', 0, 0])
    expect(await gate.run(() => Promise.resolve('next'))).toBe('next')
  })
})
