/** The board of instances on the user's terminal, kept up to date while it is shown. */
import type { Io } from '../command.ts'
import { createProgress, type Progress } from '../terminal/progress.ts'
import { InstanceBoard } from './instance-board.ts'

const refreshMs = 100

export interface ShownBoard {
  readonly board: InstanceBoard
  readonly progress: Progress
  /** `finish` leaves the lines where they are, `clear` takes them away. Safe to call twice. */
  end(how: 'finish' | 'clear'): void
}

/** @param stream standard output unless that is for the result alone */
export const boardFor = (io: Io, stream: Io['stdout'] = io.stdout): ShownBoard => {
  const { colours, unicode } = io
  const isTty = io.isTty && stream === io.stdout
  const progress = createProgress({ stream, isTty, width: () => io.width })
  const board = new InstanceBoard({ progress, colours, unicode, clock: () => performance.now() })
  const timer = isTty ? setInterval(() => board.tick(), refreshMs) : undefined
  return {
    board,
    progress,
    end(how) {
      clearInterval(timer)
      progress[how]()
    },
  }
}
