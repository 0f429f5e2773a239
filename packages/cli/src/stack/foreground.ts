/** `roundtrip up` in the foreground: progress, the table, then what happens, until Ctrl-C. */
import { instances, type StackEvent } from '@roundtrip/stack'
import type { Io } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import { eventLine } from './event-lines.ts'
import { listenForInterrupts } from './interrupts.ts'
import { reportText } from './report.ts'
import { boardFor } from './start-progress.ts'
import { supervise, type Supervision } from './supervise.ts'

const nameWidth = Math.max(...instances.map(({ name }) => name.length))

/** @returns the exit status @throws RoundtripError what `startStack` throws */
export const runInForeground = async (
  supervision: Supervision,
  { verbose }: { verbose: boolean },
  io: Io,
): Promise<number> => {
  const { stdout, colours } = io
  let view = boardFor(io)
  let isBusy = true
  const force = (): void => {
    stdout.write('\nStopping at once.\n')
    // The reaper, a process of its own, ends whatever is left.
    process.exit(exitStatus.interrupted)
  }
  const interrupts = listenForInterrupts(io, force)
  const onEvent = (event: StackEvent): void => {
    const isShown = isBusy && (event.type === 'state' || event.type === 'progress')
    if (isShown) view.board.apply(event)
    const line = isShown ? undefined : eventLine(event, { colours, nameWidth, verbose, now: () => Date.now() })
    if (line !== undefined) view.progress.note(line)
  }
  try {
    const outcome = await supervise({ ...supervision, parentPids: launcherPids(io) }, interrupts, {
      onEvent,
      onReady: (report) => {
        isBusy = false
        view.end('clear')
        stdout.write(`\n${reportText(report, ['Ctrl-C drains and stops all of it.'], io)}\n`)
      },
      onStopping: (reason) => {
        view.end('finish')
        stdout.write(`\n${reason === 'SIGINT' ? '' : `${reason}: `}draining… Press Ctrl-C again to force it.\n`)
        view = boardFor(io)
        isBusy = true
      },
    })
    view.end('finish')
    stdout.write('Stopped.\n')
    return outcome === 'stopped' ? exitStatus.ok : exitStatus.interrupted
  } finally {
    view.end('finish')
    interrupts.end()
  }
}

/** Started by hand, without the launcher, there is none. */
const launcherPids = ({ env }: Io): number[] => (env['ROUNDTRIP_LIFELINE'] === undefined ? [] : [process.ppid])
