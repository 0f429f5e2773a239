import { describe, expect, it } from 'vitest'
import { coloursFor } from '../terminal/colours.ts'
import { createProgress } from '../terminal/progress.ts'
import { testIo } from '../testing/test-io.ts'
import { InstanceBoard } from './instance-board.ts'

const boardWith = (unicode = true) => {
  const { io, stdout } = testIo()
  const time = { now: 0 }
  const progress = createProgress({ stream: io.stdout, isTty: false, width: () => 80 })
  const board = new InstanceBoard({ progress, colours: coloursFor(false), unicode, clock: () => time.now })
  return { board, time, lines: () => stdout().trimEnd().split('\n') }
}

describe('InstanceBoard', () => {
  it('shows each state once, with the time since the one before', () => {
    const { board, time, lines } = boardWith()
    const state = (to: 'starting' | 'ready', previous: 'stopped' | 'starting') =>
      board.apply({ type: 'state', instance: 'web-1', state: to, previous, pid: 1 })
    board.apply({ type: 'progress', message: 'Fetching Redis' })
    state('starting', 'stopped')
    time.now = 320
    state('ready', 'starting')
    state('ready', 'starting')
    expect(lines()).toEqual([
      '  Fetching Redis',
      '  ● web-1             starting',
      '  ✓ web-1             ready     320 ms',
    ])
  })

  it('does without Unicode, and marks what went wrong', () => {
    const { board, lines } = boardWith(false)
    board.enter('app-1', 'starting')
    board.enter('app-1', 'failed')
    expect(lines()).toEqual(['  * app-1             starting', '  x app-1             failed    0 ms'])
  })

  it('settles what could not be watched to its end, but no task that was done and nothing that was down', () => {
    const { board, time, lines } = boardWith()
    board.known('web-1', 'ready')
    board.known('migrate', 'finished')
    board.known('app-1', 'stopped')
    time.now = 50
    board.settleAll('stopped')
    expect(lines()).toEqual(['  ✓ web-1             stopped   50 ms'])
  })
})
