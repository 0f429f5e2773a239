import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PhaseName } from './phases.ts'
import { testIo } from './testing/io.ts'
import { watchProgress } from './watch-progress.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const watch = (isTty: boolean, phases: (PhaseName | undefined)[]) => {
  const io = testIo({ isTty })
  const watching = watchProgress({ phase: () => phases.shift() }, io)
  return { io, watching }
}

it('says nothing for a second, then what it waits for', async () => {
  const { io, watching } = watch(false, ['connect', 'connect', 'tls', undefined])
  vi.advanceTimersByTime(999)
  expect(io.stderr.writableLength).toBe(0)
  vi.advanceTimersByTime(4000)
  watching.stop()
  vi.advanceTimersByTime(4000)
  const { stdout, stderr } = await io.output()
  expect(stdout).toBe('')
  expect(stderr).toBe('still busy with: tcp\nstill busy with: tls\n')
})

it('takes the line away again on a terminal', async () => {
  const { io, watching } = watch(true, ['wait'])
  vi.advanceTimersByTime(1000)
  watching.stop()
  expect((await io.output()).stderr).toBe('still busy with: wait\n\u{1b}[1A\r\u{1b}[0J')
})
