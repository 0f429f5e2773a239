/** `roundtrip down`: stops a running stack, whoever started it. */
import { setInterval } from 'node:timers/promises'
import type { StackClient } from '@roundtrip/stack'
import { defineCommand, type Command, type Io } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import { runningStackIfAny } from '../stack/connection.ts'
import { InstanceBoard } from '../stack/instance-board.ts'
import { stackSettings } from '../stack-settings.ts'
import { createProgress } from '../terminal/progress.ts'
import { duration } from '../terminal/units.ts'

const pollIntervalMs = 100

export const down: Command = defineCommand({
  name: 'down',
  summary: 'Drain and stop the running stack',
  usage: '',
  description:
    'Requests in flight are finished first. Data, logs and certificates stay. Nothing to stop is no failure.',
  options: {},
  examples: [{ command: './roundtrip down', about: 'from any terminal' }],
  run: async (_args, io) => {
    const { root } = stackSettings(io)
    const client = runningStackIfAny(root)
    if (client === undefined) {
      io.stdout.write(`No stack is running in ${root}; there is nothing to stop.\n`)
      return exitStatus.ok
    }
    const beganMs = performance.now()
    await stopAndWatch(client, io)
    io.stdout.write(`Stopped in ${duration(performance.now() - beganMs)}.\n`)
    return exitStatus.ok
  },
})

const stopAndWatch = async (client: StackClient, io: Io): Promise<void> => {
  const { stdout, isTty, colours, unicode } = io
  const progress = createProgress({ stream: stdout, isTty, width: () => io.width })
  const board = new InstanceBoard({ progress, colours, unicode, clock: () => performance.now() })
  for (const { name, kind, state } of await client.status()) if (kind !== 'launcher') board.known(name, state)

  const ended = new AbortController()
  const watching = watch(client, board, isTty, ended.signal)
  await client.stop().finally(() => ended.abort())
  await watching
  board.settleAll('stopped')
  progress.finish()
}

/** Asks until the listener that answers is itself gone. */
const watch = async (client: StackClient, board: InstanceBoard, isTty: boolean, signal: AbortSignal): Promise<void> => {
  try {
    for await (const _ of setInterval(pollIntervalMs, undefined, { signal })) {
      for (const { name, kind, state } of await client.status()) if (kind !== 'launcher') board.enter(name, state)
      if (isTty) board.tick()
    }
  } catch {
    // Aborted, or no longer answering: both mean that the stop is over or nearly so.
  }
}
