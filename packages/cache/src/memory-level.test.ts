import { describe, expect, it } from 'vitest'
import { MemoryLevel, type Served } from './memory-level.ts'

const served = (value: unknown, more: Partial<Served> = {}): Served => ({
  value,
  outcome: 'miss',
  id: 'i',
  sizeBytes: 100,
  leftMs: 60_000,
  deltaMs: 1,
  staleMs: 0,
  reflects: '',
  ...more,
})

const start = ({ maxBytes = 100_000, ttlMs = 1_000 } = {}) => {
  const time = { nowMs: 0 }
  const memory = new MemoryLevel({ maxBytes, ttlMs, clock: () => time.nowMs })
  const keep = (key: string, value: Served, tags: string[] = ['t']) =>
    memory.join(key, tags, () => Promise.resolve(value))
  const value = (key: string): unknown => memory.fresh(key)?.served.value
  return { time, memory, keep, value }
}

describe('the level in memory', () => {
  it('serves until its own end or that of the value, whichever is sooner', async () => {
    const { time, keep, value } = start()
    await keep('long', served(1))
    await keep('short', served(2, { leftMs: 300 }))
    time.nowMs = 299
    expect([value('long'), value('short')]).toEqual([1, 2])
    time.nowMs = 300
    expect([value('long'), value('short')]).toEqual([1, undefined])
    time.nowMs = 1_000
    expect(value('long')).toBeUndefined()
  })

  it('drops what has an invalidated tag, and nothing else', async () => {
    const { memory, keep, value } = start()
    await keep('a', served(1), ['x', 'y'])
    await keep('b', served(2), ['y'])
    await keep('c', served(3), ['z'])
    memory.drop(['x', 'unheard of'])
    expect([value('a'), value('b'), value('c')]).toEqual([undefined, 2, 3])
    memory.drop(['*'])
    expect([value('b'), value('c'), memory.bytes, memory.entries]).toEqual([undefined, undefined, 0, 0])
  })

  it('does not keep what was invalidated while it was loaded, and lets nobody more join it', async () => {
    const { memory, value } = start()
    const old = Promise.withResolvers<Served>()
    const first = memory.join('k', ['t'], () => old.promise)
    const joined = memory.join('k', ['t'], () => Promise.reject(new Error('not joined')))
    memory.drop(['t'])
    const after = memory.join('k', ['t'], () => Promise.resolve(served('new')))
    old.resolve(served('old'))
    expect((await Promise.all([first, joined, after])).map((answer) => answer.value)).toEqual(['old', 'old', 'new'])
    expect(value('k')).toBe('new')
  })

  it('keeps no failure', async () => {
    const { memory, keep, value } = start()
    await expect(memory.join('k', ['t'], () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(memory.entries).toBe(0)
    await keep('k', served(1))
    expect(value('k')).toBe(1)
  })

  it('replaces only what it was asked to, not what came or went meanwhile', async () => {
    const { memory, keep, value } = start()
    await keep('k', served(1, { id: 'a' }))
    memory.replace('k', 'a', served(2, { id: 'b' }))
    expect(value('k')).toBe(2)
    memory.replace('k', 'a', served(3))
    expect(value('k')).toBe(2)
    memory.drop(['t'])
    memory.replace('k', 'b', served(4))
    expect(value('k')).toBeUndefined()
  })

  it('has the expired value at hand when a load fails, as long as that allows, unless it was invalidated', async () => {
    const { time, memory, keep, value } = start()
    await keep('k', served(1, { leftMs: 100, staleMs: 500 }))
    time.nowMs = 200
    expect(value('k')).toBeUndefined()
    const answer = await memory.join('k', ['t'], () => Promise.resolve(memory.stale('k') ?? served('nothing')))
    expect([answer.value, answer.outcome, answer.leftMs]).toEqual([1, 'stale', -100])
    expect(value('k')).toBe(1) // Spares the database the next tries.
    time.nowMs = 600
    expect(memory.stale('k')).toBeUndefined()
    await keep('k', served(2, { leftMs: 100, staleMs: 500 }))
    memory.drop(['t'])
    expect(memory.stale('k')).toBeUndefined()
  })

  it('stays within its bytes, whatever comes and goes', async () => {
    const { memory, keep, value } = start({ maxBytes: 20_000 })
    for (let i = 0; i < 200; i++) {
      await keep(`k${i}`, served(i, { sizeBytes: (i * 37) % 900 }), [`t${i % 7}`])
      if (i % 10 === 0) memory.drop([`t${i % 7}`])
      expect(memory.bytes).toBeLessThanOrEqual(20_000)
    }
    expect(memory.entries).toBeGreaterThan(10)
    await keep('large', served('large', { sizeBytes: 5_000 }))
    expect(value('large')).toBeUndefined()
    memory.clear()
    expect([memory.bytes, memory.entries]).toEqual([0, 0])
  })
})
