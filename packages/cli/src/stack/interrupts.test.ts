import { describe, expect, it, vi } from 'vitest'
import { testIo } from '../testing/test-io.ts'
import { listenForInterrupts } from './interrupts.ts'

describe('listenForInterrupts', () => {
  it('tells the first, and takes a second at once for the same key', async () => {
    const { io, interrupt, listeners } = testIo()
    const force = vi.fn<() => void>()
    let now = 0
    const interrupts = listenForInterrupts(io, force, () => now)
    expect(interrupts.wasInterrupted()).toBe(false)
    interrupt('SIGINT')
    now = 100
    interrupt('SIGTERM')
    expect(await interrupts.first).toBe('SIGINT')
    expect(interrupts.wasInterrupted()).toBe(true)
    expect(force).not.toHaveBeenCalled()
    now = 400
    interrupt('SIGINT')
    expect(force).toHaveBeenCalledOnce()
    interrupts.end()
    expect(listeners()).toBe(0)
  })
})
