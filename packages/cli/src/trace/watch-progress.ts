/** Says what a trace is waiting for once it takes longer than a second. */
import type { Io } from '../command.ts'
import { createProgress } from '../terminal/progress.ts'
import type { Client } from './client.ts'
import { phaseLabels } from './waterfall-rows.ts'

const patienceMs = 1000

export interface Watch {
  /** Takes the line away again. */
  stop(): void
}

export const watchProgress = (client: Pick<Client, 'phase'>, io: Pick<Io, 'stderr' | 'isTty' | 'width'>): Watch => {
  const progress = createProgress({ stream: io.stderr, isTty: io.isTty, width: () => io.width })
  const timer = setInterval(() => {
    const phase = client.phase()
    if (phase !== undefined) progress.set('trace', `still busy with: ${phaseLabels[phase]}`)
  }, patienceMs)
  return {
    stop: () => {
      clearInterval(timer)
      progress.clear()
    },
  }
}
