import { describe, expect, it } from 'vitest'
import { Timeline, totalMs } from './phases.ts'

/** A clock that shows the given times one after another. */
const clockOf = (...times: number[]) => {
  let index = 0
  return () => times[index++] ?? Number.NaN
}

describe('a timeline', () => {
  it('begins each phase where the one before ends', () => {
    const timeline = new Timeline(clockOf(100, 101, 103, 110))
    timeline.enter('name')
    timeline.enter('connect')
    timeline.end()
    expect(timeline.phases).toEqual([
      { name: 'url', startMs: 0, durationMs: 1 },
      { name: 'name', startMs: 1, durationMs: 2 },
      { name: 'connect', startMs: 3, durationMs: 7 },
    ])
    expect(totalMs(timeline.phases)).toBe(10)
  })

  it('leaves out what is not gone through', () => {
    const timeline = new Timeline(clockOf(0, 1, 2))
    timeline.enter('request')
    timeline.end()
    expect(timeline.phases.map(({ name }) => name)).toEqual(['url', 'request'])
  })

  it('does not go back: the end of a request may be heard of after its answer', () => {
    const timeline = new Timeline(clockOf(0, 1, 2))
    timeline.enter('transfer')
    timeline.enter('wait')
    expect(timeline.current).toBe('transfer')
    timeline.end()
    expect(timeline.phases.map(({ name }) => name)).toEqual(['url', 'transfer'])
  })

  it('is over after its end', () => {
    const timeline = new Timeline(clockOf(0, 1))
    timeline.end()
    timeline.enter('name')
    timeline.end()
    expect(timeline.current).toBeUndefined()
    expect(timeline.phases).toEqual([{ name: 'url', startMs: 0, durationMs: 1 }])
  })
})
