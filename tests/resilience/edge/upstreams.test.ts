/** Next hops that fail under load: no wrong byte, nobody else's answer, and no failure where another next hop could have answered. */
import { describe, expect, it } from 'vitest'
import { unexcused } from './checked-load.ts'
import { underLoad } from './use-edge.ts'

describe('under load, clients get right answers or none, and an answer wherever one can be had, when a next hop', () => {
  it('is killed, and comes back', async () => {
    const { load, first } = await underLoad()
    await first.kill()
    await load.answered(500)
    await first.restart()
    await load.answered(500)
    const report = await load.stop()
    expect(report.wrong).toEqual([])
    expect(unexcused(report)).toEqual({})
    expect(report.right).toBeGreaterThan(900)
  })

  it('stands still, and goes on', async () => {
    const { load, first } = await underLoad()
    first.pause()
    await load.answered(500)
    first.resume()
    await load.answered(500)
    const report = await load.stop()
    expect(report.wrong).toEqual([])
    expect(unexcused(report)).toEqual({})
    expect(report.right).toBeGreaterThan(900)
  })

  it('is slow', async () => {
    const { load, first } = await underLoad()
    await first.answer('slow')
    await load.answered(500)
    const report = await load.stop()
    expect(report.wrong).toEqual([])
    expect(report.failures).toEqual([])
  })

  it('answers garbage', async () => {
    const { load, first } = await underLoad()
    await first.answer('garbage')
    await load.answered(500)
    await first.answer('well')
    await load.answered(500)
    const report = await load.stop()
    expect(report.wrong).toEqual([])
    expect(unexcused(report)).toEqual({})
  })

  it('resets its connections instead of answering', async () => {
    const { load, first } = await underLoad()
    await first.answer('reset')
    await load.answered(500)
    const report = await load.stop()
    expect(report.wrong).toEqual([])
    expect(unexcused(report)).toEqual({})
  })

  it('sends half of each answer', async () => {
    const { load, first } = await underLoad()
    await first.answer('half')
    await load.answered(500)
    const report = await load.stop()
    expect(report.wrong).toEqual([])
    expect(unexcused(report)).toEqual({})
    // It was seen: what was begun cannot be mended, but is never taken for whole.
    expect(report.failures.filter(({ begun }) => begun).length).toBeGreaterThan(0)
  })
})
