import { describe, expect, it } from 'vitest'
import { GradientLimit } from './gradient-limit.ts'

const windowMs = 500

/** Feeds windows of twenty equal answers. */
const feed = () => {
  const limit = new GradientLimit({ initialLimit: 100, minLimit: 20, maxLimit: 400, tolerance: 2, windowMs })
  let nowMs = 0
  const windows = (count: number, durationMs: number, waiting: number): GradientLimit => {
    for (let i = 0; i < count * 20; i++) limit.sample(durationMs, waiting, (nowMs += windowMs / 20))
    return limit
  }
  return { limit, windows }
}

describe('GradientLimit', () => {
  it('learns nothing about the limit from those who stay far below it', () => {
    const { windows } = feed()
    expect(windows(100, 20, 49).limit).toBe(100)
    expect(windows(100, 20_000, 1).limit).toBe(100)
  })

  it('grows while answers are quick and asked for, and stays within its bounds', () => {
    const { limit, windows } = feed()
    expect(windows(5, 20, 100).limit).toBeGreaterThan(100)
    expect(windows(1000, 20, 1000).limit).toBe(400)
    // Twice the limit, twice the wait: these queue.
    for (let i = 0; i < 200; i++) windows(1, 10 * limit.limit, 1000)
    expect(limit.limit).toBeLessThan(30)
  })

  it('takes an upstream for slower that is late however few wait for it', () => {
    const { limit, windows } = feed()
    windows(20, 20, 60)
    const before = limit.limit
    windows(12, 200, 1000)
    expect(limit.limit).toBeLessThan(before * 0.6)
    expect(limit.usualMs).toBe(200)
    expect(windows(60, 200, 1000).limit).toBeGreaterThan(before)
  })

  it('bears answers that are late within the tolerance', () => {
    const { windows } = feed()
    const before = windows(20, 20, 60).limit
    expect(windows(5, 38, before).limit).toBeGreaterThan(before)
    expect(windows(20, 200, 1000).limit).toBeLessThan(before)
  })

  it('forgets a bad time soon after it is over', () => {
    const { limit, windows } = feed()
    windows(20, 400, 1)
    expect(limit.usualMs).toBe(400)
    windows(30, 20, 1)
    expect(limit.usualMs).toBeLessThan(45)
  })

  it('waits for enough answers', () => {
    const { limit } = feed()
    for (let i = 0; i < 9; i++) limit.sample(20, 100, i * 10_000)
    expect(limit.usualMs).toBeUndefined()
    limit.sample(20, 100, 100_000)
    expect(limit.usualMs).toBe(20)
  })
})
